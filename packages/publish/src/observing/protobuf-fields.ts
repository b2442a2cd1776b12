import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** One field of a protobuf message, ready to be written. */
export type Field = (writer: BinaryWriter) => BinaryWriter

/** `uint32`, `uint64`, `bool` and enumerations. */
export const uint =
  (number: number, value: number | bigint): Field =>
  (writer) =>
    writer.tag(number, WireType.Varint).uint64(value)

/** `sint32` and `sint64`. */
export const sint =
  (number: number, value: number | bigint): Field =>
  (writer) =>
    writer.tag(number, WireType.Varint).sint64(value)

/** `fixed64`. */
export const fixed =
  (number: number, value: bigint): Field =>
  (writer) =>
    writer.tag(number, WireType.Bit64).fixed64(value)

/** `bytes`. */
export const bytes =
  (number: number, value: Uint8Array): Field =>
  (writer) =>
    writer.tag(number, WireType.LengthDelimited).bytes(value)

/** `string`. */
export const text =
  (number: number, value: string): Field =>
  (writer) =>
    writer.tag(number, WireType.LengthDelimited).string(value)

/** A message in a message. */
export const nested =
  (number: number, ...fields: readonly Field[]): Field =>
  (writer) => {
    writer.tag(number, WireType.LengthDelimited).fork()
    for (const field of fields) field(writer)
    return writer.join()
  }

/** Fields that are written now, and once, however many messages they are in. */
export function written(fields: readonly Field[]): Field {
  const contents = encodeFields(...fields)
  return (writer) => writer.raw(contents)
}

/** The bytes of a message. */
export function encodeFields(...fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const field of fields) field(writer)
  return writer.finish()
}
