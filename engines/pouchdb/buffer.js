// PouchDB's adapter over LevelDB takes these of Node for granted.
import process from 'process'

// As in Node it comes before any timer: a look that meets the adapter's lock ends within its turn.
process.nextTick = (call, ...given) => queueMicrotask(() => call(...given))
export { Buffer } from 'buffer'
export { process }
