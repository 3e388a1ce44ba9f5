// Files on the phone's disk, each read and written as a whole.
import { H } from 'bench'
const bytes = data => (typeof data === 'string' ? new TextEncoder().encode(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data)
const found = name => {
  const read = H.readFile(String(name))
  if (read === undefined) throw Object.assign(new Error(`ENOENT: no such file: ${name}`), { code: 'ENOENT' })
  return read
}
export function exists(name) { return H.readFile(String(name)) !== undefined }
export async function read(name) { return found(name) }
export async function readText(name) { return new TextDecoder().decode(found(name)) }
export async function write(name, data) { H.writeFile(String(name), bytes(data)) }
export async function remove(name) { return H.removeFile(String(name)) }
export default { exists, read, readText, write, remove }
