// What the canned gateway tells: appliances, their owners, alerts, in the shapes of
// docs/openapi.yaml. Everything follows from the index, so that two runs are alike.

const MINUTE = 60000;
const HOUR = 60 * MINUTE;

export const NASTY = '<img src=x onerror="window.struck=1"><script>window.struck=1</script>"\'&{{7*7}}';

export const METRICS = [
    { id: 1, name: 'cabinet_temp', label: 'Cabinet temperature', unit: 'celsius', kind: 'gauge' },
    { id: 3, name: 'door_open', label: 'Door open', unit: 'bool', kind: 'state' },
    { id: 4, name: 'energy', label: 'Energy', unit: 'watt_hour', kind: 'counter' },
];

export const RULES = [
    { name: 'cabinet_warm', severity: 'critical', title: 'The fridge is too warm inside', headline: 'Cabinet above the limit', tell: ['customer', 'support'] },
    { name: 'door_ajar', severity: 'major', title: 'The door has been open for a while', headline: 'Door reported open for five minutes', tell: ['customer'] },
    { name: 'running_without_pause', severity: 'minor', title: 'The compressor never rests', headline: 'Compressor duty above 95 %', tell: ['support'] },
];

const OWNERS = ['Anna Berger', 'João Pereira', 'Familie Hoffmann', 'M. Okafor'].map((name, i) => ({ id: `c${i + 1}`, name }));
const PRESENCES = ['online', 'online', 'offline', 'asleep', 'off', 'unknown'];

export function makeDevice(index, now, nasty) {
    const id = `CK-240-${100 + index}`;
    const struck = nasty && index === 0;
    return {
        id, name: struck ? NASTY : index % 3 ? `Fridge ${index}` : '', model: struck ? NASTY : 'CK-240',
        serial: struck ? NASTY : `S${20000 + index}`, firmware: '2.1.0', pack: 'fridge', pack_revision: 3,
        presence: PRESENCES[index % PRESENCES.length], presence_ms: now - HOUR, first_seen_ms: now - 90 * 24 * HOUR,
        last_seen_ms: now - index * 1000, newest_ms: now - index * 1000, open_alerts: 0, worst_severity: null,
        customer: struck ? { id: 'c1', name: NASTY } : OWNERS[index % OWNERS.length],
    };
}

export function makeAlert(id, device, rule, opened_ms) {
    return {
        id, device: device.id, instance: 0, rule: rule.name, pack: 'fridge', message: rule.name, severity: rule.severity,
        tell: rule.tell, state: 'open', snoozed_until_ms: 0, since_ms: opened_ms - 20 * MINUTE, opened_ms,
        opened_arrival_ms: opened_ms + 3, acked_ms: null, acked_by: null, resolved_ms: null, resolved_by: null,
        resolution: null, test: false, late: false, title: rule.title, headline: rule.title === NASTY ? NASTY : rule.headline,
        model: device.model, device_name: device.name, customer: device.customer,
        presence: device.presence, presence_ms: device.presence_ms,
    };
}

export function details(alert, log, nasty) {
    const text = nasty ? NASTY : 'min(cabinet_temp, 10m) > 8 celsius';
    const clause = { fault: null, fault_name: null, window_ms: 10 * MINUTE };
    const told = { kind: 'alert.opened', created_ms: alert.opened_ms, done_ms: alert.opened_ms + 900, attempts: 1 };
    return {
        ...alert, log,
        evidence: [
            { ...clause, text, value: 9.4, limit: 8, metric: 1, metric_name: 'Cabinet temperature', unit: 'celsius' },
            { ...clause, text: 'not max(door_open, 10m)', value: 0, limit: null, metric: 3, metric_name: 'Door open', unit: 'bool' },
        ],
        metrics: METRICS.slice(0, 2),
        told: [
            { ...told, id: 1, audience: 'customer', channel: 'email', recipient: nasty ? NASTY : 'anna@example.org', state: 'accepted', last_error: '' },
            { ...told, id: 2, audience: 'manufacturer', channel: 'webhook', recipient: 'quality', state: 'dead', last_error: nasty ? NASTY : 'certificate has expired' },
        ],
        texts: {
            customer: { lang: 'en', title: nasty ? NASTY : 'Your fridge is too warm', body: 'Food may spoil.', steps: ['Close the door.', nasty ? NASTY : 'Wait two hours.'] },
            support: 'Cabinet above 8 °C with the door closed.', manufacturer: null,
        },
    };
}

export function deviceDetails(device, now, nasty) {
    return {
        ...device,
        settings: { desired_version: 2, reported_version: 1, report_ms: { cabinet_temp: 30000 }, mute: [], log_level: null },
        hardware: nasty ? NASTY : 'rev C', agent: '0.1.0', tenant: 1,
        components: [{ name: 'defrost heater', serial: 'DH-1', lot: nasty ? NASTY : 'L2209' }],
        latest: METRICS.map((metric, i) => ({
            metric: metric.id, name: metric.name, label: nasty ? NASTY : metric.label, unit: metric.unit, kind: metric.kind,
            instance: 0, at_ms: now - 5000, value: [9.4, 0, 184220][i],
        })),
        ledger: {
            expected: 4120, stored: 4102, accounted: 16, missing: 2, readings: 81204, source_lost: 0,
            streams: [{ stream: 'a91f00cc12ab34cd', lane: 'bulk', contiguous: 4000, highest: 4012, stored: 3994, dropped: 16, closed: false }],
            drops: [{ reason: 'budget', count: 16, readings: 320, from_ms: now - 60 * HOUR, to_ms: now - 58 * HOUR, told_ms: now - 57 * HOUR }],
        },
    };
}

export function timeline(now, nasty) {
    return [
        { at_ms: now - 10 * MINUTE, kind: 'alert.opened', text: nasty ? NASTY : 'The fridge is too warm inside', severity: 'critical', alert: 1, detail: '' },
        { at_ms: now - 2 * HOUR, kind: 'device.presence', text: 'Went online', detail: nasty ? NASTY : '' },
        { at_ms: now - 3 * HOUR, kind: 'device.reset', text: 'Restarted', detail: 'power was switched on' },
    ];
}

export function series(params) {
    const [from_ms, to_ms] = [Number(params.get('from_ms')), Number(params.get('to_ms'))];
    const metric = METRICS.find((one) => one.id === Number(params.get('metric'))) ?? METRICS[0];
    const count = 120;
    const points = Array.from({ length: count }, (_, i) => {
        const share = i / (count - 1);
        const value = { gauge: 4 + 5.4 / (1 + Math.exp(12 - 24 * share)), state: 0, counter: share * 1000 }[metric.kind];
        const half = metric.kind === 'gauge' ? 0.3 : 0;
        return [Math.round(from_ms + share * (to_ms - from_ms)), value - half, value, value + half];
    });
    return {
        metric: metric.id, instance: 0, name: metric.name, label: metric.label, unit: metric.unit, kind: metric.kind,
        from_ms, to_ms, exact: false, points, before: { at_ms: from_ms - 60000, value: points[0][2] }, stale_after_ms: null,
    };
}

export const packs = (nasty) => [{
    name: 'fridge', label: nasty ? NASTY : 'Fridge', revision: 3, models: ['CK-*'], metrics: METRICS,
    rules: RULES.map(({ name, severity, tell }) => ({
        name, severity, tell, message: name, for_ms: 20 * MINUTE,
        when: nasty ? NASTY : 'min(cabinet_temp, 10m) > 8 celsius', clear: 'max(cabinet_temp, 10m) < 6 celsius',
    })),
    faults: [{ id: 21, name: 'defrost_heater_open', label: 'Defrost heater open', severity: 'major', component: 'defrost_heater' }],
}];

export const status = (now) => ({
    version: '0.1.0', epoch: '9f3c2a1b77d0e4aa', now_ms: now, uptime_ms: 77 * HOUR, ready: true, reasons: [],
    broker: { up: true, since_ms: now - 5 * HOUR, reason: '' }, store: { ok: true, detail: '' },
    queue: { intake_bytes: 0, commit_jobs: 0, outbox_ready: 2, outbox_dead: 1, feed_clients: 1, devices_online: 9 },
    delivery: 'captive',
});

export const deadLetter = (now, nasty) => ({
    id: 2, kind: 'alert.opened', audience: 'manufacturer', channel: 'webhook', recipient: 'quality', device: 'CK-240-100',
    alert: 1, subject: nasty ? NASTY : 'The fridge is too warm inside', state: 'dead', attempts: 8, created_ms: now - HOUR,
    next_ms: now, done_ms: now - HOUR + 9000, last_error: 'certificate has expired',
});
