import { parse } from 'yaml'

/** A JSON Schema of the contract, as far as the fuzz reads it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

interface Media {
  readonly schema?: Schema
  readonly examples?: Readonly<Record<string, Raw>>
}
type Content = Readonly<Record<string, Media>>

interface Response {
  readonly headers: Readonly<Record<string, Schema>>
  /** By media type. */
  readonly content: Content
}

/** An operation with nothing left to look up but the schemas. */
export interface Operation {
  readonly id: string
  readonly method: string
  /** As the contract has it, with `{id}`. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** By media type; undefined where it takes no body. */
  readonly body: Content | undefined
  readonly responses: ReadonlyMap<number, Response>
}

export interface Contract {
  readonly document: object
  readonly operations: readonly Operation[]
  /** A schema and the name under which the contract has it, where it has one. */
  resolve(schema: Schema): { readonly schema: Schema; readonly name?: string }
  /** The examples that the contract gives of a body. */
  examples(media: Media): readonly unknown[]
}

type Raw = Readonly<Record<string, unknown>>

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Reads openapi.yaml into its operations, so that whatever it has is met. */
export function readContract(text: string): Contract {
  const document = parse(text) as Raw

  const at = (reference: string): Raw =>
    reference
      .slice(2)
      .split('/')
      .reduce<Raw>((node, part) => node[part] as Raw, document)
  const follow = (node: Raw): Raw => (typeof node['$ref'] === 'string' ? follow(at(node['$ref'])) : node)

  function responseOf(node: Raw): Response {
    const { headers = {}, content = {} } = follow(node) as { headers?: Raw; content?: Content }
    const named = Object.entries(headers).map(([name, header]) => [
      name.toLowerCase(),
      follow(header as Raw)['schema'],
    ])
    return { headers: Object.fromEntries(named) as Record<string, Schema>, content }
  }

  const operations = Object.entries(document['paths'] as Record<string, Raw>).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, node]): Operation => {
        const { operationId, parameters = [], requestBody, responses } = node as Raw
        const shared = (item['parameters'] ?? []) as readonly Raw[]
        return {
          id: String(operationId),
          method: method.toUpperCase(),
          path,
          parameters: [...shared, ...(parameters as readonly Raw[])].map(
            (parameter) => follow(parameter) as unknown as Parameter,
          ),
          body: requestBody ? (follow(requestBody as Raw)['content'] as Content) : undefined,
          responses: new Map(
            Object.entries(responses as Record<string, Raw>).map(([status, response]) => [
              Number(status),
              responseOf(response),
            ]),
          ),
        }
      }),
  )

  const resolve: Contract['resolve'] = (schema) =>
    schema.$ref === undefined
      ? { schema }
      : { schema: follow(schema as Raw) as Schema, name: schema.$ref.split('/').at(-1) ?? '' }
  const examples: Contract['examples'] = ({ examples = {} }) =>
    Object.values(examples).map((example) => follow(example)['value'])
  return { document, operations, resolve, examples }
}
