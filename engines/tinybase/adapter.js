// TinyBase 10: a mergeable store a phone, kept in SQLite by its persister, and synced over a WebSocket by its synchronizer,
// as its documentation has them. A table an entity.
import Database from 'bench:sqlite'
import { createMergeableStore } from 'tinybase'
import { createBetterSqlite3Persister } from 'tinybase/persisters/persister-better-sqlite3'
import { createWsSynchronizer } from 'tinybase/synchronizers/synchronizer-ws-client'

const PATIENCE = 15 // Seconds for an answer.
let bench, store, persister, disk, waiting

async function open(given) {
  bench = given
  disk = new Database('tinybase.db')
  disk.exec('CREATE TABLE IF NOT EXISTS waiting(n INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT, id TEXT)')
  waiting = disk.prepare('SELECT n, entity, id FROM waiting ORDER BY n')
  store = createMergeableStore()
  persister = createBetterSqlite3Persister(store, disk, 'store')
  await persister.load()
}

const socket = () => new Promise((resolve, reject) => {
  const it = new WebSocket('/tinybase')
  it.onopen = () => resolve(it)
  it.onerror = it.onclose = () => reject(new Error('there is no connection'))
})
const RESPONSE = 0, GET_HASHES = 1, SERVER = 'S'

/**
 * One exchange with the server, by hand: `startSync` would answer and ask all others who are connected, too, and a hundred
 * phones that sync at one moment would compare all rows a hundred times each. The protocol has no word for "I have all of it":
 * both sides are through when the server's hashes of the whole store are those of this phone.
 */
async function sync() {
  const connection = await socket()
  const sent = waiting.all()
  let failed, theirs
  const ours = () => JSON.stringify(store.getMergeableContentHashes())
  const asked = new Set()
  const synchronizer = await createWsSynchronizer(store, connection, PATIENCE,
    (to, request, kind) => { if (kind === GET_HASHES) asked.add(request) },
    (from, request, kind, body) => { if (kind === RESPONSE && from === SERVER && asked.has(request)) theirs = JSON.stringify(body) },
    error => { failed ??= error })
  try {
    for (let before, same = 0; ; before = theirs + ours()) {
      await synchronizer.load()
      if (failed) throw failed
      if (theirs === ours()) break
      // It takes nothing of a phone whose clock is five minutes fast.
      if (theirs + ours() === before && ++same === 2) throw new Error('the server does not come to the same')
      await synchronizer.save()
    }
    await persister.save()
    if (sent.length > 0) disk.prepare('DELETE FROM waiting WHERE n <= ?').run(sent.at(-1).n)
  } finally {
    await synchronizer.destroy()
  }
}

async function provision({ tables }) {
  for (const entity in tables) for (const { id, ...values } of tables[entity]) store.setRow(entity, id, full(values))
  await persister.save()
}

/** A cell cannot hold nothing: what is nothing has no cell. */
const full = values => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))

async function edit({ entity, kind, key, values }) {
  const is = store.hasRow(entity, key)
  if (kind === 'create' && is) return 'exists'
  if (kind !== 'create' && !is) return 'missing'
  if (kind === 'update' && Object.keys(values).every(name => (store.getCell(entity, key, name) ?? null) === values[name])) return 'unchanged'
  store.transaction(() => {
    if (kind === 'delete') return store.delRow(entity, key)
    if (kind === 'create') return store.setRow(entity, key, full(values))
    for (const name in values) values[name] === null ? store.delCell(entity, key, name, true) : store.setCell(entity, key, name, values[name])
  })
  disk.prepare('INSERT INTO waiting(entity, id) VALUES(?, ?)').run(entity, key)
  await persister.save()
}

const rows = entity => Object.entries(store.getTable(entity)).map(([id, row]) => ({ id, ...row }))
const pending = () => waiting.all().map(({ entity, id }) => [entity, id])

export const capabilities = { acknowledges: false, prompt: true, merge: 'converges' }
export default { open, sync, provision, edit, rows, pending }
