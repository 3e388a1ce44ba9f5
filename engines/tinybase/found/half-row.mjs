// TinyBase 10.0.1: a row is deleted on one phone and edited on another. Cells merge one by one, so the row comes back with the
// cells that the edit changed, and without the others. Run: node found/half-row.mjs
import { createMergeableStore } from 'tinybase'

let time = 1_700_000_000_000
const store = name => createMergeableStore(name, () => time++)
const [a, b] = [store('a'), store('b')]
a.setRow('task', 't', { title: 'oak', state: 'open', hours: 1 })
b.merge(a)
a.delRow('task', 't')
// The state is set to what it is: that changes no cell.
b.setPartialRow('task', 't', { state: 'open', hours: 7 })
a.merge(b)
const rows = [a, b].map(store => JSON.stringify(store.getRow('task', 't')))
console.log(`deleted by A, then edited by B to hours 7, state open: A has ${rows[0]}, B has ${rows[1]}`)
process.exit(['{}', '{"title":"oak","state":"open","hours":7}'].includes(rows[0]) ? 0 : 1)
