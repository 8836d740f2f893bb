import { version } from '../version.js'
import { classes, severities, statuses, tellings, unheard, type Telling } from './ocsf-table.js'
import { factsIn, listIn, numberIn, textIn, toldBy, type Facts, type Told } from './told.js'

/** The version of the schema, as it stands in each event. */
const schema = '1.8.0'

/**
 * An event as OCSF has it, in one line of JSON: the class and activity of its kind, with the text that was hashed as
 * `raw_data`, so that nothing is lost and the record can be verified from there. Undefined for what is no event.
 */
export function toOcsf(text: string): string | undefined {
  const told = toldBy(text)
  if (!told) return undefined
  const telling = Object.hasOwn(tellings, told.kind) ? tellings[told.kind as keyof typeof tellings] : unheard
  const account = accountOf(told.data)
  return JSON.stringify({
    ...classification(telling, told),
    time: told.at,
    message: [`${told.kind} by ${told.by}`, roleIn(told.data)]
      .filter((part) => part !== undefined)
      .join(': '),
    metadata: {
      version: schema,
      product: { name: 'Stint', vendor_name: 'Stint', version },
      log_name: 'record',
      event_code: told.kind,
      sequence: told.seq,
      uid: String(told.seq),
      correlation_uid: told.grant,
      ...(account !== undefined && { profiles: ['cloud'] }),
    },
    actor: told.by === 'stint' ? { app_name: 'stint' } : { user: userOf(told.by, callerIn(told.data)) },
    ...about(telling, told),
    ...(account !== undefined && { cloud: { provider: 'AWS', account: { uid: account } } }),
    raw_data: text,
  })
}

function classification({ class: uid, activity, status, severity }: Telling, { data }: Told) {
  const { name, category, does } = classes[uid]
  const id = activity === 'operation' ? activityOf(textIn(data, 'operation') ?? '') : activity
  const came = data['ok'] === false ? 2 : status
  return {
    category_uid: Math.floor(uid / 1_000),
    category_name: category,
    class_uid: uid,
    class_name: name,
    activity_id: id,
    activity_name: (does as Readonly<Record<number, string>>)[id],
    type_uid: uid * 100 + id,
    severity_id: severity,
    severity: severities[severity],
    status_id: came,
    status: statuses[came],
    status_code: ['code', 'fault', 'answer'].map((key) => textIn(data, key)).find((one) => one !== undefined),
    status_detail: textIn(data, 'detail') ?? failedIn(data),
  }
}

/** Create what was asked for, read, or update what there is. */
const activityOf = (operation: string): number =>
  operation === 'ask' || operation === 'issue' ? 1 : operation.endsWith('read') ? 2 : 3

/** What each class says beside what all say. */
function about({ class: uid, entity }: Telling, told: Told): object {
  const { data, by } = told
  const address = addressIn(data)
  const from = address === undefined ? {} : { src_endpoint: { ip: address } }
  if (uid === 6003)
    return {
      api: {
        operation: textIn(data, 'operation') ?? told.kind,
        ...(told.request !== undefined && { request: { uid: told.request } }),
      },
      // Required here; a road such as Slack shows no address.
      src_endpoint: { ...(address === undefined ? { name: 'unknown' } : { ip: address }) },
    }
  if (uid === 3003) return { ...from, user: userOf(by, data), ...sessionOf(told) }
  if (uid === 3005) {
    const asker = textIn(data, 'asker') ?? textIn(factsIn(data, 'asker'), 'subject') ?? by
    return { ...from, user: userOf(asker, {}), privileges: [roleIn(data) ?? 'all'], comment: commentIn(data) }
  }
  // An empty name is none.
  const named = textIn(data, names[entity] ?? '') || textIn(data, 'arn') || told.grant || String(told.seq)
  return {
    ...from,
    entity: { type: entity, uid: named, name: roleIn(data) ?? textIn(data, 'name') },
    comment: commentIn(data),
  }
}

/** Where an event has the identifier of the thing that it is of, if that is no grant. */
const names: Readonly<Record<string, string>> = {
  issuance: 'issuance',
  revocation: 'revocation',
  configuration: 'config',
  'slack user': 'user',
}

/** The session of credentials that were issued, as CloudTrail shows it. */
function sessionOf({ data, at }: Told) {
  const assumed = textIn(data, 'assumedRoleId')
  return {
    // Without the ARN the role's own identifier names it; a session's is that, a colon and its name.
    iam_roles: [
      {
        uid: textIn(data, 'roleArn') ?? assumed?.split(':')[0] ?? 'unknown',
        name: roleIn(data),
      },
    ],
    session: {
      uid: textIn(data, 'sessionName'),
      uid_alt: assumed,
      credential_uid: textIn(data, 'accessKeyId'),
      issuer: 'stint',
      created_time: numberIn(data, 'finishedAt') ?? at,
      expiration_time: numberIn(data, 'expiresAt'),
    },
  }
}

/** A person, or a workload, by the canonical subject; the part behind its directory is the name. */
const userOf = (subject: string, facts: Facts) => ({
  uid: subject,
  name: subject.slice(subject.indexOf('#') + 1) || subject,
  type_id: textIn(facts, 'kind') === 'workload' ? 4 : textIn(facts, 'kind') === 'person' ? 1 : 0,
})

/** What is known of whoever did it: the facts stand under the name of their part in it. */
const callerIn = (data: Facts): Facts =>
  ['caller', 'voter', 'asker'].map((part) => factsIn(data, part)).find((facts) => 'subject' in facts) ?? {}

/** An empty one is none: see `Located`. */
const addressIn = (data: Facts): string | undefined =>
  textIn(callerIn(data), 'address') || textIn(data, 'address') || undefined

const roleIn = (data: Facts): string | undefined =>
  textIn(factsIn(data, 'ask'), 'role') ?? textIn(data, 'role')

const commentIn = (data: Facts): string | undefined =>
  textIn(data, 'reason') ?? textIn(factsIn(data, 'ask'), 'reason')

const failedIn = (data: Facts): string | undefined =>
  [...listIn(factsIn(data, 'decision'), 'checks'), ...listIn(data, 'checks')]
    .flatMap((check) => (check['ok'] === false ? (textIn(check, 'detail') ?? []) : []))
    .join(' ') || undefined

/** The AWS account, as the agreed scope, the event, or the ARN of a role names it. */
function accountOf(data: Facts): string | undefined {
  const named = textIn(factsIn(factsIn(data, 'decision'), 'scope'), 'account') ?? textIn(data, 'account')
  const arn = textIn(data, 'roleArn') ?? textIn(data, 'arn')
  return named ?? /^arn:[a-z-]+:iam::(\d{12}):/.exec(arn ?? '')?.[1]
}
