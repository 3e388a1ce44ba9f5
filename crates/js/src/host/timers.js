// Timers: their callbacks live here by number, and the host says when each is due.
const timers = new Map()
let lastTimer = 0
// How many timers, each set by the one before, led to what runs: from the sixth on all wait 4 ms.
let nested = 0
const many = (what, limit) => H.threw(words(new RangeError(`${what}: the bench allows ${limit}`)))
function arm(callback, ms, args, every, isAtOnce = false) {
  if (typeof callback !== 'function') throw new TypeError('a timer calls a function')
  const id = ++lastTimer
  const level = nested + 1, least = isAtOnce ? 0 : level > 5 ? 4 : every === undefined ? 0 : 1
  const wait = Math.min(2147483647, Math.max(least, Number(ms) || 0))
  timers.set(id, { callback, args, every: every === undefined ? undefined : wait, level })
  H.timer(id, wait)
  if (isAtOnce && level > 100_000) many('an endless loop of timers, each of which sets the next for now', '100 000')
  if (timers.size > 100_000) many('timers that wait', '100 000')
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
  nested = timer.level++
  if (timer.every === undefined) timers.delete(id)
  // The next one counts from when this one was due to begin, as browsers do.
  else H.timer(id, timer.level > 5 ? Math.max(4, timer.every) : timer.every)
  timer.callback.apply(globalThis, timer.args)
}
hide(globalThis, {
  setTimeout: (callback, ms, ...args) => arm(callback, ms, args),
  setInterval: (callback, ms, ...args) => arm(callback, ms, args, true),
  setImmediate: (callback, ...args) => arm(callback, 0, args, undefined, true),
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
