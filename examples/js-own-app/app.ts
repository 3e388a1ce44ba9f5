// An app of one's own: three tables in SQLite, a sync with `fetch`, and the server's functions.
//
// Each row has `dirty`: the name of its last change, under which it goes to the server, or null. The
// server remembers names, so a change whose answer was lost is not written twice.
import Database from 'bench:sqlite'
import type { Adapter, Bench, Row, Server, Unit } from 'syncdyno-bench'

type Waiting = Row & { dirty: string }
type Pushed = { refused: (Row & { _deleted?: boolean })[] }
type Pulled = { rows: Row[]; deleted: string[]; cursor: number }

const TABLES: Record<string, string[]> = { customer: ['name', 'phone'], visit: ['customer', 'note', 'done'], photo: ['visit', 'caption'] }
let db: Database, bench: Bench

const adapter: Adapter = {
  open(given: Bench) {
    bench = given
    db = new Database('app.db')
    db.exec('CREATE TABLE IF NOT EXISTS cursor(name TEXT PRIMARY KEY, value INTEGER)')
    for (const [table, columns] of Object.entries(TABLES)) {
      db.exec(`CREATE TABLE IF NOT EXISTS ${table}(id TEXT PRIMARY KEY, ${columns.join(', ')}, deleted INTEGER DEFAULT 0, dirty TEXT)`)
    }
  },

  // Somebody saves something in the app.
  edit({ entity, kind, key, values }) {
    const there = db.prepare(`SELECT * FROM ${entity} WHERE id = ? AND deleted = 0`).get(key)
    if (kind === 'create' ? there : !there) return there ? 'exists' : 'missing'
    if (kind === 'delete') db.prepare(`UPDATE ${entity} SET deleted = 1, dirty = ? WHERE id = ?`).run(crypto.randomUUID(), key)
    else save(entity, { ...there, ...values, id: key, deleted: 0 }, crypto.randomUUID())
  },

  async sync(unit: Unit) {
    for (const table of unit.push) await push(table)
    for (const table of unit.pull) await pull(table)
  },

  // What a phone has that was synced before (`fleet.phones.start = "1d"`).
  provision({ tables, cursors }) {
    for (const [table, rows] of Object.entries(tables)) {
      for (const row of rows) take(table, row, false)
      db.prepare('REPLACE INTO cursor VALUES(?, ?)').run(table, Number(cursors[table]))
    }
  },

  // What the app shows, and what waits to be sent.
  rows: (table: string): Row[] => db.prepare(`SELECT * FROM ${table} WHERE deleted = 0`).all(),
  pending: () => Object.keys(TABLES).flatMap(table =>
    db.prepare(`SELECT id FROM ${table} WHERE dirty IS NOT NULL`).all().map((row): [string, string] => [table, row.id])),
}
export default adapter

function save(table: string, row: Row, dirty: string | null) {
  const columns = ['id', ...TABLES[table], 'deleted']
  db.prepare(`REPLACE INTO ${table}(${columns}, dirty) VALUES(${columns.map(() => '?')}, ?)`).run(...columns.map(name => row[name]), dirty)
}

// Takes the server's version of a row, unless a change of it waits here.
function take(table: string, row: Row, isGone: boolean) {
  if (db.prepare(`SELECT 1 FROM ${table} WHERE id = ? AND dirty IS NOT NULL`).get(row.id)) return
  if (isGone) db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(row.id)
  else save(table, { ...row, deleted: 0 }, null)
}

async function ask(path: string, body?: unknown) {
  const response = await fetch(path, body === undefined ? undefined : { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.json()
}

async function push(table: string) {
  const rows: Waiting[] = db.prepare(`SELECT * FROM ${table} WHERE dirty IS NOT NULL`).all()
  if (rows.length === 0) return
  const { refused }: Pushed = await ask('/push', { table, rows })
  // A row that was changed meanwhile has another name by now, and goes again.
  const sent = db.prepare(`UPDATE ${table} SET dirty = NULL WHERE id = ? AND dirty = ?`)
  db.transaction(() => {
    for (const row of rows) sent.run(row.id, row.dirty)
    for (const row of refused) {
      // Here the app shows its person what was not taken.
      bench.log({ id: row.id })
      take(table, row, row._deleted === true)
    }
  })()
}

async function pull(table: string) {
  const since = db.prepare('SELECT value FROM cursor WHERE name = ?').get(table)?.value ?? 0
  const { rows, deleted, cursor }: Pulled = await ask(`/pull?table=${table}&since=${since}`)
  db.transaction(() => {
    for (const row of rows) take(table, row, false)
    for (const id of deleted) take(table, { id }, true)
    db.prepare('REPLACE INTO cursor VALUES(?, ?)').run(table, cursor)
  })()
}

// The server: the last write wins, whoever made it, but a row that is gone stays gone.
export const server: Server = {
  pull: (since, { table, db }) => db.changes(table!, since),
  push({ table, rows }, { db }) {
    const refused: Pushed['refused'] = []
    for (const { dirty, deleted, ...row } of rows) {
      const { ok, current } = deleted ? db.remove(table, row.id, { key: dirty }) : db.put(table, row, { key: dirty })
      if (!ok) refused.push(current ?? { id: row.id, _deleted: true } as Row & { _deleted: boolean })
    }
    return { refused }
  },
}
