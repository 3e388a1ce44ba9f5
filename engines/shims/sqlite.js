export { default } from 'bench:sqlite'
