import type { Message, MessageOf } from '@sapwood/wire-codec'

/** Every message by its type. */
export type MessageMap = { readonly [Type in Message['type']]: MessageOf<Type> }
