// Yjs 13: a document a phone, a map a row, and the exchange of its documentation ("Syncing clients"): a state vector goes
// out, what is missing comes back with the server's vector, and what the server lacks goes out. Updates lie in SQLite.
import Database from 'bench:sqlite'
import { Kept, joined, parted, plain, remove, write } from './document.js'
export { server } from './server.js'

let bench, kept, disk, mark, waiting

function open(given) {
  bench = given
  disk = new Database('yjs.db')
  kept = new Kept(disk)
  disk.exec('CREATE TABLE IF NOT EXISTS waiting(n INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT, id TEXT)')
  mark = disk.prepare('INSERT INTO waiting(entity, id) VALUES(?, ?)')
  waiting = disk.prepare('SELECT n, entity, id FROM waiting ORDER BY n')
}

async function post(what, body, { rows, headers } = {}) {
  const response = await fetch(`/yjs/${what}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream', ...headers }, body, rows })
  if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status })
  return response
}

async function sync() {
  const response = await post('missing', kept.vector(), { rows: [], headers: { 'x-read': kept.word('read') ?? '{}' } })
  const [theirs, vector] = parted(new Uint8Array(await response.arrayBuffer()))
  kept.with(() => kept.keepWord('read', response.headers.get('x-read')))
  kept.apply(theirs, 'server')
  kept.flush()
  const sent = waiting.all()
  if (sent.length === 0) return
  await post('update', kept.since(vector), { rows: sent.map(({ entity, id }) => [entity, id]) })
  disk.prepare('DELETE FROM waiting WHERE n <= ?').run(sent.at(-1).n)
}

/** What somebody who was synced before has: the server's document, as it is made of these rows. */
function provision({ tables }) {
  for (const entity in tables) for (const { id, ...values } of tables[entity]) write(kept, entity, id, values, 'server')
}

function edit({ entity, kind, key, values }) {
  const row = kept.table(entity).get(key)
  if (kind === 'create' && row) return 'exists'
  if (kind !== 'create' && !row) return 'missing'
  if (kind === 'update' && Object.keys(values).every(name => row.get(name) === values[name])) return 'unchanged'
  kept.with(() => mark.run(entity, key))
  if (kind === 'delete') remove(kept, entity, key, 'here'); else write(kept, entity, key, values, 'here')
}

const rows = entity => [...kept.table(entity)].map(([key, row]) => plain(key, row))
const pending = () => waiting.all().map(({ entity, id }) => [entity, id])

export const capabilities = { acknowledges: true, prompt: true, merge: 'converges' }
export default { open, sync, edit, rows, pending }
