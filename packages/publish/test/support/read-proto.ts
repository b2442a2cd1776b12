import { createFileRegistry, fromJson, type FileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'

/** A field of a message, or a value of an enumeration. */
const FIELD = /^(?:(?<repeated>repeated) )?(?<type>\w+) (?<name>\w+) = (?<number>\d+)(?: \[.*\])?;$/
const VALUE = /^(?<name>\w+) = (?<number>\d+);$/
const BLOCK = /^(?<kind>message|enum|oneof) (?<name>\w+) \{$/
const SCALARS = ['bool', 'bytes', 'fixed64', 'sint32', 'sint64', 'string', 'uint32', 'uint64']

interface Declared {
  readonly name: string
  readonly field: Record<string, string | number>[]
  readonly oneofDecl: { readonly name: string }[]
}

/**
 * Reads a `.proto` file of this package: proto3, nothing nested but `oneof`, one declaration a line.
 * @throws Error at a line that is something else.
 */
export function readProto(text: string): FileRegistry {
  const packageName = /^package (\S+);$/m.exec(text)![1]!
  const enums = new Set([...text.matchAll(/^enum (\w+) \{$/gm)].map(([, name]) => name!))
  const messageType: Declared[] = []
  const enumType: { readonly name: string; readonly value: { name: string; number: number }[] }[] = []
  const open: string[] = []
  const typeOf = (name: string): Record<string, string> => {
    if (SCALARS.includes(name)) return { type: `TYPE_${name.toUpperCase()}` }
    return { type: enums.has(name) ? 'TYPE_ENUM' : 'TYPE_MESSAGE', typeName: `.${packageName}.${name}` }
  }
  for (const line of text.split('\n').map((each) => each.trim())) {
    const message = messageType.at(-1)
    if (line === '' || /^(\/\/|syntax |package )/.test(line)) continue
    const block = BLOCK.exec(line)?.groups
    const field = FIELD.exec(line)?.groups
    const value = VALUE.exec(line)?.groups
    if (line === '}') open.pop()
    else if (block !== undefined) {
      const name = block['name']!
      open.push(block['kind']!)
      if (block['kind'] === 'message') messageType.push({ name, field: [], oneofDecl: [] })
      else if (block['kind'] === 'enum') enumType.push({ name, value: [] })
      else message!.oneofDecl.push({ name })
    } else if (open.at(-1) === 'enum' && value !== undefined) {
      enumType.at(-1)!.value.push({ name: value['name']!, number: Number(value['number']) })
    } else if (field !== undefined) {
      message!.field.push({
        name: field['name']!,
        number: Number(field['number']),
        label: field['repeated'] === undefined ? 'LABEL_OPTIONAL' : 'LABEL_REPEATED',
        ...typeOf(field['type']!),
        ...(open.at(-1) === 'oneof' && { oneofIndex: message!.oneofDecl.length - 1 }),
      })
    } else throw new Error(`not understood: ${line}`)
  }
  const file = { name: 'read.proto', package: packageName, syntax: 'proto3', messageType, enumType }
  return createFileRegistry(fromJson(FileDescriptorProtoSchema, file as never), () => undefined)
}
