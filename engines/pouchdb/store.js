// LevelDB's interface over the phone's SQLite: what PouchDB writes lies on the phone's disk.
import { AbstractIterator, AbstractLevelDOWN } from 'abstract-leveldown'
import Database from 'bench:sqlite'

export const disk = new Database('pouch.db')
disk.exec('CREATE TABLE IF NOT EXISTS level(db TEXT, k TEXT, v TEXT, PRIMARY KEY(db, k)) WITHOUT ROWID')
const PUT = disk.prepare('REPLACE INTO level VALUES(?, ?, ?)')
const GET = disk.prepare('SELECT v FROM level WHERE db = ? AND k = ?')
const DEL = disk.prepare('DELETE FROM level WHERE db = ? AND k = ?')
const together = disk.transaction((location, list) => {
  for (const { type, key, value } of list) {
    if (type === 'put') PUT.run(location, String(key), String(value)); else DEL.run(location, String(key))
  }
})
const later = (f, ...given) => queueMicrotask(() => f(...given))

class Iterator extends AbstractIterator {
  constructor(store, options) {
    super(store)
    const where = ['db = ?'], bounds = [store.location]
    for (const [name, sign] of [['gt', '>'], ['gte', '>='], ['lt', '<'], ['lte', '<=']]) {
      const bound = options[name]
      if (bound === undefined || bound === null || bound === '') continue
      where.push(`k ${sign} ?`)
      bounds.push(String(bound))
    }
    const limit = options.limit >= 0 && options.limit !== Infinity ? ` LIMIT ${options.limit}` : ''
    const order = options.reverse ? ' DESC' : ''
    this.found = disk.prepare(`SELECT k, v FROM level WHERE ${where.join(' AND ')} ORDER BY k${order}${limit}`).all(...bounds)
    this.at = 0
  }
  _next(done) {
    const row = this.found[this.at++]
    if (row) later(done, null, row.k, row.v); else later(done)
  }
}

class Store extends AbstractLevelDOWN {
  constructor(location) {
    super()
    this.location = location
  }
  _open(_, done) { later(done, null) }
  _close(done) { later(done, null) }
  _put(key, value, _, done) { PUT.run(this.location, String(key), String(value)); later(done) }
  _get(key, _, done) {
    const row = GET.get(this.location, String(key))
    if (row) later(done, null, row.v); else later(done, new Error('NotFound'))
  }
  _del(key, _, done) { DEL.run(this.location, String(key)); later(done) }
  _batch(list, _, done) { together(this.location, list); later(done) }
  _iterator(options) { return new Iterator(this, options) }
}

/** As LevelDOWN is called: without `new`. */
export default function store(location) { return new Store(location) }
