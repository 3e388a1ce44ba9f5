// Timers: their callbacks live here by number, and the host says when each is due.
const timers = new Map()
let lastTimer = 0
function arm(callback, ms, args, every) {
  if (typeof callback !== 'function') throw new TypeError('a timer calls a function')
  const id = ++lastTimer
  const wait = Math.min(2147483647, Math.max(every === undefined ? 0 : 1, Number(ms) || 0))
  timers.set(id, { callback, args, every: every === undefined ? undefined : wait })
  H.timer(id, wait)
  return id
}
function disarm(id) {
  const number = typeof id === 'object' && id !== null ? Number(id) : id
  if (timers.delete(number)) H.untimer(number)
}
/** A timer is due. */
entry.fire = id => {
  const timer = timers.get(id)
  if (!timer) return
  if (timer.every === undefined) timers.delete(id)
  // The next one counts from when this one was due to begin, as browsers do.
  else H.timer(id, timer.every)
  timer.callback.apply(globalThis, timer.args)
}
hide(globalThis, {
  setTimeout: (callback, ms, ...args) => arm(callback, ms, args),
  setInterval: (callback, ms, ...args) => arm(callback, ms, args, true),
  setImmediate: (callback, ...args) => arm(callback, 0, args),
  clearTimeout: disarm, clearInterval: disarm, clearImmediate: disarm,
  requestIdleCallback: (callback) => arm(callback, 1, [{ didTimeout: false, timeRemaining: () => 50 }]),
  cancelIdleCallback: disarm,
  requestAnimationFrame: callback => arm(() => callback(H.now()), 16, []),
  cancelAnimationFrame: disarm,
  process: {
    env: { NODE_ENV: 'production' }, argv: [], version: 'v22.0.0', versions: {}, platform: 'bench', browser: true,
    nextTick: (f, ...args) => queueMicrotask(() => f(...args)), cwd: () => '/', on() {}, once() {}, off() {}, emit() {},
    hrtime: Object.assign(() => [Math.floor(H.now() / 1000), Math.floor(H.now() % 1000 * 1e6)], { bigint: () => BigInt(Math.floor(H.now() * 1e6)) }),
  },
})
