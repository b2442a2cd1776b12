export { conform } from '../cli/conform.ts'
