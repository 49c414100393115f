// Runs before the first paint: puts the chosen theme on the page so that it
// never flashes in the wrong one. Everything else waits for main.js.
'use strict';
(() => {
    let theme = null;
    try {
        theme = localStorage.getItem('tocsin.theme');
    } catch {
        // Storage may be forbidden; the system's theme then holds.
    }
    if (theme === 'light' || theme === 'dark') {
        document.documentElement.dataset.theme = theme;
    }
})();
