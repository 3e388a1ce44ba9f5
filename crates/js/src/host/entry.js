// By what the bench calls the adapter.
let adapter, server
let opened, syncing
const LIMITS = /out of memory|allocation failed|Maximum call stack size exceeded/i
const failure = error => {
  // A limit that was hit is no failure of a sync: it ends the cell.
  if (error instanceof Error && LIMITS.test(error.message)) H.threw(words(error))
  const it = error instanceof Error ? error : undefined
  return writeJson({
    name: String(it?.name ?? 'Error'), code: it?.code === undefined ? null : String(it.code), retryable: it?.retryable !== false,
    network: isOfNetwork(error) || /Failed to fetch/.test(error?.message), status: typeof error?.status === 'number' ? error.status : null, words: words(error),
  })
}
/** Calls `f` and settles what it gives, by this number. */
function settle(id, f) {
  const over = () => { if (id === syncing) asked = syncing = undefined }
  const well = value => { over(); H.settled(id, true, writeJson(value === undefined ? null : value)) }
  const badly = error => { over(); H.settled(id, false, failure(error)) }
  let given
  try { given = f() } catch (error) { return badly(error) }
  if (typeof given?.then === 'function') given.then(well, badly); else well(given)
}
/** The exports of a bundle. */
entry.adopt = exports => { adapter = exports.default; server = exports.server; entry.capabilities = exports.capabilities; entry.exports = Object.keys(exports) }
/** What a bundle has: its functions and its capabilities. */
entry.about = () => {
  const names = of => (typeof of === 'object' || typeof of === 'function') && of !== null ? Object.keys(of).concat(Object.getOwnPropertyNames(Object.getPrototypeOf(of) ?? {})) : []
  const functions = of => names(of).filter(name => typeof of[name] === 'function' || name === 'routes')
  return writeJson({ adapter: adapter === undefined ? null : functions(adapter), server: server === undefined ? null : functions(server), capabilities: entry.capabilities ?? null, exports: entry.exports })
}
entry.open = (id, bench) => settle(id, () => {
  const given = parseJson(bench)
  given.applied = () => H.applied()
  mostRequests = given.mostRequests
  delete given.mostRequests
  tables = given.tables.map(table => table.name)
  given.log = line => {
    known('`bench.log`', line, ['id', 'edit', 'kind'])
    const { id, edit, kind = 'rejected' } = line ?? {}
    H.logged(id === undefined ? '' : String(id), edit === undefined ? null : String(edit), String(kind))
  }
  opened = Promise.resolve(adapter.open?.(given))
  // Whether it failed is told where it is waited for.
  opened.catch(() => {})
  return opened
})
/** Something that takes its time: waits until the adapter is open. */
entry.call = (id, name, args) => {
  if (name === 'sync') { syncing = id; asked = 0 }
  settle(id, () => opened.then(() => {
    // As far as it does not wait: what is drawn later may be another's.
    saving = name === 'edit'
    try { return adapter[name](...parseJson(args)) } finally { saving = false }
  }))
}
/** A look: nothing is waited for. */
entry.look = (id, name, args) => settle(id, () => adapter[name](...parseJson(args)))
entry.failed = error => H.settled(0, false, failure(error))
Object.defineProperty(entry, 'server', { get: () => server })
// What comes from outside is set by no timer.
for (const name of ['open', 'call', 'look', 'answered', 'heard', 'happened']) {
  const f = entry[name]
  entry[name] = (...args) => { nested = 0; return f(...args) }
}
export { H, entry }
