import type { AnyMessage, Message } from '@sapwood/wire-codec'
import { behaviourTable } from './behaviour-table.ts'

/** A map, not the table itself: a remote may well send a command called `constructor`. */
const knownTypes: ReadonlyMap<string, Message['type']> = new Map(
  Object.keys(behaviourTable).map((type) => [type, type as Message['type']]),
)

/** The row of the table for a command. */
export function messageType(command: string): Message['type'] {
  return knownTypes.get(command) ?? 'unknown'
}

/** Whether a message is of the protocol, and not of a program's own registry. */
export function isProtocolMessage(message: Message | AnyMessage): message is Message {
  return knownTypes.has(message.type)
}
