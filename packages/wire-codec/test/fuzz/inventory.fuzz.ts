import { messageTarget, type Target } from './message-target.ts'

const target: Target = messageTarget('inventory', ['inv', 'getdata', 'notfound', 'mempool'])
export default target
