import { messageTarget, type Target } from './message-target.ts'

const target: Target = messageTarget('legacy', ['reject', 'alert'])
export default target
