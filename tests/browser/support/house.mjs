// A real house for a test: mosquitto, mail server, webhook receiver, gateway, agents
// and appliances, raised by raise_house.py; it ends when its standard input does.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILD = process.env.TOCSIN_BUILD ?? path.join(ROOT, 'build/debug');
const SCRIPT = fileURLToPath(new URL('raise_house.py', import.meta.url));

export async function raiseHouse() {
    const child = spawn('/usr/bin/python3', [SCRIPT, BUILD], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = async () => {
        const { value, done } = await lines.next();
        if (done) {
            throw new Error('the house ended: its own words are above');
        }
        return JSON.parse(value);
    };
    const house = await answer();
    const say = async (text) => {
        child.stdin.write(`${text}\n`);
        return answer();
    };
    return {
        ...house,
        provoke: (device, name) => say(`provoke ${device} ${name}`),
        clear: (device, name) => say(`clear ${device} ${name}`),
        async close() {
            child.stdin.end();
            await ended;
        },
    };
}
