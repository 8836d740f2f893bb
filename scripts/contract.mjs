// Writes src/http/contract.ts, the types of openapi.yaml's schemas. With --check it only compares, and
// fails when the file is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compile } from 'json-schema-to-typescript'
import { parse } from 'yaml'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'openapi.yaml')
const target = join(root, 'src', 'http', 'contract.ts')
const banner = `// Generated from openapi.yaml by \`npm run contract\`. Change that file, not this one.\n`

function stop(message) {
  console.error(`contract: ${message}`)
  process.exit(1)
}

/**
 * A schema as the compiler wants it: references point into the root's own definitions, and titles are
 * left out, for they would take the place of the schema's name. Examples and constants are data, not
 * schemas, and stay as they are.
 */
function adapt(value, key) {
  if (['example', 'examples', 'default', 'const', 'enum'].includes(key)) return value
  if (Array.isArray(value)) return value.map((item) => adapt(item))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !(name === 'title' && typeof inner === 'string'))
      .map(([name, inner]) => [
        name,
        name === '$ref' && typeof inner === 'string' ? reference(inner) : adapt(inner, name),
      ]),
  )
}

function reference(pointer) {
  const name = /^#\/components\/schemas\/([A-Za-z0-9]+)$/.exec(pointer)?.[1]
  return name ? `#/definitions/${name}` : stop(`cannot follow the reference ${pointer}`)
}

async function generate() {
  const schemas = parse(readFileSync(source, 'utf8')).components?.schemas
  if (!schemas) stop('openapi.yaml has no components.schemas')
  const names = Object.keys(schemas).sort()
  const schema = {
    type: 'object',
    description: 'Every schema of the contract by its name.',
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }])),
    required: names,
    definitions: Object.fromEntries(names.map((name) => [name, adapt(schemas[name])])),
  }
  return compile(schema, 'Schemas', {
    additionalProperties: false,
    bannerComment: banner,
    format: true,
    style: JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8')),
    // A reference that leads out of the file is a mistake, not something to fetch.
    $refOptions: { resolve: { external: false } },
  })
}

if (!existsSync(source)) stop('there is no openapi.yaml to generate types from')
const text = await generate()
const current = existsSync(target) ? readFileSync(target, 'utf8') : ''
if (process.argv.includes('--check')) {
  if (current !== text) stop('src/http/contract.ts is stale: run `npm run contract`')
  console.log('contract: src/http/contract.ts is up to date')
} else {
  writeFileSync(target, text)
  console.log('contract: wrote src/http/contract.ts')
}
