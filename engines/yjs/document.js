// A document of rows: a map an entity, in it a map a row. It lies in SQLite as the updates that made it.
import * as Y from 'yjs'

const COMPACT_AT = 200

export class Kept {
  /** `disk` has better-sqlite3's shape. */
  constructor(disk) {
    this.disk = disk
    disk.exec('CREATE TABLE IF NOT EXISTS updates(n INTEGER PRIMARY KEY, bytes BLOB)')
    disk.exec('CREATE TABLE IF NOT EXISTS words(name TEXT PRIMARY KEY, word TEXT)')
    this.put = disk.prepare('INSERT INTO updates(bytes) VALUES(?)')
    this.doc = new Y.Doc()
    const found = disk.prepare('SELECT bytes FROM updates ORDER BY n').all()
    this.doc.transact(() => { for (const { bytes } of found) Y.applyUpdate(this.doc, new Uint8Array(bytes)) }, 'disk')
    this.count = found.length
    this.also = []
    this.doc.on('update', (update, origin) => { if (origin !== 'disk') this.keep(update) })
  }
  /** What else lies on the disk is written with the update that comes next. */
  with(write) { this.also.push(write) }
  word(name) { return this.disk.prepare('SELECT word FROM words WHERE name = ?').get(name)?.word }
  keepWord(name, word) { this.disk.prepare('REPLACE INTO words VALUES(?, ?)').run(name, word) }
  /** What was to go with an update that changed nothing. */
  flush() { if (this.also.length > 0) this.disk.transaction(() => { for (const write of this.also.splice(0)) write() })() }
  keep(update) {
    const also = this.also
    this.also = []
    this.disk.transaction(() => {
      for (const write of also) write()
      this.put.run(update)
      if (++this.count < COMPACT_AT) return
      this.disk.exec('DELETE FROM updates')
      this.put.run(Y.encodeStateAsUpdate(this.doc))
      this.count = 1
    })()
  }
  table(entity) { return this.doc.getMap(entity) }
  /** What another side lacks that has told its state vector. */
  since(vector) { return Y.encodeStateAsUpdate(this.doc, vector) }
  vector() { return Y.encodeStateVector(this.doc) }
  apply(update, origin) { Y.applyUpdate(this.doc, update, origin) }
}

/** Writes a row's values into its map, in one transaction. */
export function write(kept, entity, key, values, origin) {
  kept.doc.transact(() => {
    const table = kept.table(entity)
    let row = table.get(key)
    if (!row) table.set(key, row = new Y.Map())
    for (const name in values) if (row.get(name) !== values[name]) row.set(name, values[name])
  }, origin)
}
export const remove = (kept, entity, key, origin) => kept.doc.transact(() => kept.table(entity).delete(key), origin)
export const plain = (key, row) => ({ id: key, ...row.toJSON() })

/** Two byte strings as one, and apart again: a length of four bytes before the first. */
export function joined(a, b) {
  const whole = new Uint8Array(4 + a.length + b.length)
  new DataView(whole.buffer).setUint32(0, a.length)
  whole.set(a, 4)
  whole.set(b, 4 + a.length)
  return whole
}
export function parted(whole) {
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0)
  return [whole.subarray(4, 4 + length), whole.subarray(4 + length)]
}
