// The console: the last lines of a phone stand beside what is told of it when something goes wrong.
function shown(value, depth = 0) {
  if (typeof value === 'string') return value
  if (value instanceof Error) return words(value)
  if (typeof value === 'function') return `[function ${value.name}]`
  if (typeof value !== 'object' || value === null) return String(value)
  try { return writeJson(value) ?? String(value) } catch { return Object.prototype.toString.call(value) }
}
const counts = new Map()
const line = level => (...values) => H.log(level, values.map(value => shown(value)).join(' ').toWellFormed())
const console = {
  log: line('log'), info: line('info'), warn: line('warn'), error: line('error'), debug: line('debug'), trace: line('trace'),
  dir: line('log'), table: line('log'), group: line('log'), groupCollapsed: line('log'), groupEnd() {}, time() {}, timeEnd() {}, timeLog() {},
  assert: (holds, ...values) => { if (!holds) console.error('assertion failed', ...values) },
  count: (label = 'default') => { counts.set(label, (counts.get(label) ?? 0) + 1); console.log(`${label}: ${counts.get(label)}`) },
}
hide(globalThis, { console })
