// The server's half: its own document in its own SQLite, beside the rows of the backend. What phones merge into the document
// is written to the rows; what the office writes to the rows goes into the document before anybody is answered.
import { Kept, joined, parted, plain, remove, write } from './document.js'

let kept
const opened = db => { kept ??= new Kept(db.sql) }

/** What others wrote to the rows since the last request comes into the document. */
function readRows(db) {
  const read = JSON.parse(kept.word('read') ?? '{}')
  for (const name of db.tables) {
    const { rows, deleted, cursor } = db.changes(name, read[name], { ours: true })
    for (const { id, _stamp, ...values } of rows) write(kept, name, id, values, 'office')
    for (const id of deleted) if (kept.table(name).has(id)) remove(kept, name, id, 'office')
    read[name] = cursor
  }
  kept.keepWord('read', JSON.stringify(read))
}

async function missing(request, db) {
  const vector = await request.bytes()
  opened(db)
  readRows(db)
  // For the bench: which rows this phone has not read. The document knows that by its vector.
  const read = JSON.parse(request.headers.get('x-read'))
  for (const name of db.tables) read[name] = db.changes(name, read[name]).cursor
  return new Response(joined(kept.since(vector), kept.vector()), { headers: { 'x-read': JSON.stringify(read) } })
}

/** The rows that `change` touches in the document: [entity, id] each. */
function touchedBy(db, change) {
  const touched = new Map(), stops = []
  for (const name of db.tables) {
    const table = kept.table(name)
    const touch = id => touched.set(`${name}\n${id}`, [name, id])
    const watch = events => {
      for (const event of events) {
        if (event.target === table) event.keysChanged.forEach(touch); else touch(event.path[0])
      }
    }
    table.observeDeep(watch)
    stops.push(() => table.unobserveDeep(watch))
  }
  try { change() } finally { stops.forEach(stop => stop()) }
  return [...touched.values()]
}

async function update(request, db) {
  const bytes = await request.bytes()
  opened(db)
  readRows(db)
  for (const [name, id] of touchedBy(db, () => kept.apply(bytes, 'phone'))) {
    const row = kept.table(name).get(id)
    if (row) db.put(name, plain(id, row)); else if (db.get(name, id)) db.remove(name, id)
  }
  return new Response(null, { status: 204 })
}

export const server = { routes: { 'POST /yjs/missing': missing, 'POST /yjs/update': update } }
