/** What of JSON Schema (2020-12) our own schema uses. */
export interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly type?: 'object' | 'array' | 'string' | 'integer'
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly minItems?: number
  readonly minimum?: number
  readonly pattern?: string
  readonly enum?: readonly unknown[]
}

/** Words of a schema that say nothing of values. */
const SILENT = ['$schema', '$id', 'title', 'description', 'additionalProperties']
const KNOWN = [
  ...SILENT,
  '$ref',
  '$defs',
  'type',
  'required',
  'properties',
  'items',
  'minItems',
  'minimum',
  'pattern',
  'enum',
]

/**
 * What of a value is not as a definition of a schema has it; a property that it does not name is a fault,
 * for it is to name all.
 */
export function schemaFaults(root: Schema, name: string, value: unknown): readonly string[] {
  const definition = root.$defs?.[name]
  return definition === undefined ? [`no definition ${name}`] : faultsOf(root, definition, value, name)
}

function faultsOf(root: Schema, schema: Schema, value: unknown, where: string): readonly string[] {
  const unknown = Object.keys(schema).filter((word) => !KNOWN.includes(word))
  if (unknown.length > 0) return [`${where}: this check does not know ${unknown.join(', ')}`]
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/$defs/', '')
    return schemaFaults(root, name, value).map((fault) => `${where}: ${fault}`)
  }
  if (schema.type !== undefined && !isOfType(schema.type, value)) return [`${where}: no ${schema.type}`]
  if (schema.enum?.includes(value) === false) return [`${where}: ${String(value)} is none of those`]
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return [`${where}: ${value} is not ${schema.pattern}`]
  }
  if (typeof value === 'number' && value < (schema.minimum ?? -Infinity)) return [`${where}: too small`]
  if (Array.isArray(value)) {
    const few = value.length < (schema.minItems ?? 0) ? [`${where}: too few`] : []
    const items = value as unknown[]
    return [
      ...few,
      ...items.flatMap((item, at) => faultsOf(root, schema.items ?? {}, item, `${where}[${at}]`)),
    ]
  }
  return schema.type === 'object' ? faultsOfObject(root, schema, value as object, where) : []
}

function faultsOfObject(root: Schema, schema: Schema, value: object, where: string): readonly string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value))
  return [
    ...missing.map((name) => `${where}: ${name} is missing`),
    ...Object.entries(value).flatMap(([name, each]) => {
      const property = schema.properties?.[name]
      return property === undefined
        ? [`${where}: ${name} is not described`]
        : faultsOf(root, property, each, `${where}.${name}`)
    }),
  ]
}

function isOfType(type: NonNullable<Schema['type']>, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return type === 'object' ? typeof value === 'object' && value !== null : typeof value === type
}
