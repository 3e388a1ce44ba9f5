// What packages for Node ask of a disk or a sandbox beside what they do here: nothing is there.
export const existsSync = () => false
export const unlinkSync = () => {}
export default { existsSync, unlinkSync }
