import { messageTarget, type Target } from './message-target.ts'

const target: Target = messageTarget('reconciliation', ['reqrecon', 'sketch', 'reqsketchext', 'reconcildiff'])
export default target
