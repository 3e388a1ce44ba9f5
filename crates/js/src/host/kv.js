// Keys and values on the phone's disk, in the shape of React Native's AsyncStorage.
import { H } from 'bench'
const LAYOUT = 'CREATE TABLE IF NOT EXISTS bench_kv(store TEXT, k TEXT, v TEXT, PRIMARY KEY(store, k)) WITHOUT ROWID'

/** A store by its name; each call is a transaction of its own. */
export function store(name = '') {
  let ready = false
  const prepared = () => { if (!ready) { H.sqlExec(0, LAYOUT); ready = true } }
  const all = (text, ...args) => { prepared(); return H.sqlAll(0, text, args, true) }
  const together = writes => {
    prepared()
    if (writes.length === 0) return
    const alone = writes.length > 1 && !H.sqlIsOpen(0)
    if (alone) H.sqlExec(0, 'BEGIN')
    try {
      for (const [text, ...args] of writes) H.sqlRun(0, text, args)
      if (alone) H.sqlExec(0, 'COMMIT')
    } catch (error) {
      if (alone && H.sqlIsOpen(0)) H.sqlExec(0, 'ROLLBACK')
      throw error
    }
  }
  const set = (key, value) => ['REPLACE INTO bench_kv VALUES(?, ?, ?)', name, String(key), String(value)]
  const remove = key => ['DELETE FROM bench_kv WHERE store = ? AND k = ?', name, String(key)]
  const get = key => all('SELECT v FROM bench_kv WHERE store = ? AND k = ?', name, String(key))[0]?.[0] ?? null
  const merged = (old, value) => {
    const mix = (a, b) => {
      if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) || Array.isArray(b)) return b
      const both = { ...a }
      for (const key of Object.keys(b)) both[key] = key in a ? mix(a[key], b[key]) : b[key]
      return both
    }
    return old === null ? value : JSON.stringify(mix(JSON.parse(old), JSON.parse(value)))
  }
  return {
    async getItem(key) { return get(key) },
    async setItem(key, value) { together([set(key, value)]) },
    async mergeItem(key, value) { together([set(key, merged(get(key), value))]) },
    async removeItem(key) { together([remove(key)]) },
    async clear() { together([['DELETE FROM bench_kv WHERE store = ?', name]]) },
    async getAllKeys() { return all('SELECT k FROM bench_kv WHERE store = ? ORDER BY k', name).map(row => row[0]) },
    async multiGet(keys) { return keys.map(key => [key, get(key)]) },
    async multiSet(pairs) { together(pairs.map(([key, value]) => set(key, value))) },
    async multiMerge(pairs) { together(pairs.map(([key, value]) => set(key, merged(get(key), value)))) },
    async multiRemove(keys) { together(keys.map(remove)) },
    /** Keys from one up to another, which is not among them, with their values. */
    range(from, to) { return all('SELECT k, v FROM bench_kv WHERE store = ? AND k >= ? AND k < ? ORDER BY k', name, from, to) },
    getSync: get,
    setSync(key, value) { together([set(key, value)]) },
    removeSync(key) { together([remove(key)]) },
    writeSync(pairs) { together(pairs.map(([key, value]) => (value === null ? remove(key) : set(key, value)))) },
  }
}
export default store()
