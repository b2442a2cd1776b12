import type { DisconnectReason } from '@sapwood/peer'

/** Why a connection ended, for people. */
export function describeDisconnect(reason: DisconnectReason): string {
  switch (reason.code) {
    case 'requested':
      return reason.detail === '' ? 'we closed it' : `we closed it: ${reason.detail}`
    case 'aborted':
      return 'interrupted'
    case 'remote-closed': {
      const how = reason.how === 'end' ? 'closed it' : 'was lost'
      return `the remote ${how} in the state ${reason.state}`
    }
    case 'transport-failed':
      return `the transport failed: ${reason.transportCode}`
    default: {
      const facts = Object.entries(reason).filter(
        ([name, value]) => name !== 'code' && name !== 'blame' && typeof value !== 'object',
      )
      const told = facts.map(([name, value]) => `${name} ${String(value)}`).join(', ')
      return `${reason.code.replaceAll('-', ' ')}${told === '' ? '' : ` (${told})`}`
    }
  }
}
