import { createHash } from 'node:crypto'
import t from 'tap'
import { but, faultsOf, good, loadFault } from './good.js'

t.test('every kind of fault, each with its place and a sentence', async (t) => {
  const who = 'who: { groups: [engineers] }'
  const by = 'by: { groups: [leads] }'
  const arn = 'arn:aws:iam::{account}:role/stint-debug'
  const login = 'https://login.example.com/oauth2/default'
  const resource = '"arn:aws:dynamodb:us-east-1:{account}:table/orders"'
  const window = 'window: { default: 15m, max: 4h }'
  const when = `when: 'ask.window > duration("1h")'`
  const long = Array.from(
    { length: 40 },
    (_, at) => `"arn:aws:dynamodb:us-east-1:{account}:table/orders-${at}-of-forty"`,
  )
  const ceiling = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['dynamodb:GetItem'], Resource: [JSON.parse(resource)] }],
  }
  const huge = (() => {
    const many = Array.from(
      { length: 90 },
      (_, at) => `arn:aws:dynamodb:us-east-1:{account}:table/orders-of-the-branch-${at}`,
    )
    const large = { ...ceiling, Statement: [{ ...ceiling.Statement[0], Resource: many }] }
    const sha256 = createHash('sha256').update(JSON.stringify(large)).digest('hex')
    return `arn: ${arn}\n    managed: { arn: "arn:aws:iam::{account}:policy/x", sha256: "${sha256}" }\n    who: { groups: [engineers] }\n    from: [office, vpn]\n    ${window}\n    ceiling:\n      - actions: [dynamodb:GetItem]\n        resources: ${JSON.stringify(many)}`
  })()
  const glass = (text: string) => `${window}\n    breakGlass: { ${text} }`
  const hash = createHash('sha256').update(JSON.stringify(ceiling)).digest('hex')
  // One row a fault reads better than Prettier's four lines a fault.
  // prettier-ignore
  const table: readonly (readonly [string, string, string, RegExp])[] = [
    // the shape of it
    ['issuers:\n', 'isuers: []\nissuers:\n', 'isuers', /is no field here; did you mean issuers\?/],
    ['    from: [office, vpn]\n', '    form: [office]\n    from: [office]\n', 'roles.debug.form', /did you mean from\?/],
    ['    from: [office, vpn]\n', '', 'roles.debug.from', /is required: name the networks, or write `from: any`/],
    ['from: [office, vpn]', 'from: everywhere', 'roles.debug.from', /a list of networks, or any/],
    ['from: [office, vpn]', 'from: []', 'roles.debug.from', /a list of networks, or any/],
    ['from: [office, vpn]', 'from: [any]', 'roles.debug.from[0]', /is no network; .*`from: any`/],
    ['from: [office, vpn]', 'from: [office, offce]', 'roles.debug.from[1]', /not among networks; there are office, vpn/],
    ['  debug:\n', '  Debug:\n', 'roles.Debug', /lower case/],
    ['audience: stint', 'audience: ""', 'issuers[0].audience', /1 to 512 printable/],
    ['audience: stint', 'audience: 7', 'issuers[0].audience', /must be text/],
    ['because: Access ends.', 'because: "Access\\u202e ends"', 'deny[0].because', /printable/],
    // issuers
    [login, 'http://login.example.com', 'issuers[0].issuer', /https URL/],
    [login, 'https://user:pw@login.example.com', 'issuers[0].issuer', /without credentials/],
    [login, 'https://login.example.com/?a=b', 'issuers[0].issuer', /no query/],
    [login, '"https://login.example.com/#x"', 'issuers[0].issuer', /no query and no fragment/],
    [login, 'HTTPS://Login.example.com', 'issuers[0].issuer', /plainly.*https:\/\/login\.example\.com\//],
    [login, 'https://login.example.com:443/x', 'issuers[0].issuer', /plainly/],
    [login, 'https://lоgin.example.com', 'issuers[0].issuer', /plainly.*xn--/],
    [login, 'https://ci.example.com/', 'issuers[1].issuer', /same issuer as https:\/\/ci\.example\.com\//],
    ['directory: corp', 'directory: Corp', 'issuers[0].directory', /lower case/],
    ['directory: ci', 'directory: none', 'issuers[1].directory', /and not `none`/],
    ['directory: ci', 'directory: corp', 'issuers[1].directory', /is one of persons/],
    ['claims: { keep: [repository] }', 'actors: corp', 'issuers[1].actors', /needs claims\.actor/],
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: crop', 'issuers[1].actors', /directory crop.*there are corp/],
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: { bo: crop#bo }', 'issuers[1].actors.bo', /directory crop.*there are corp/],
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: { bo: ci#bo }', 'issuers[1].actors.bo', /directory ci, which no issuer of persons/],
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: {}', 'issuers[1].actors', /directory of persons, a map of names to subjects, or none/],
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: none', 'issuers[1].actors', /nobody is behind the runs, and claims\.actor who is/],
    ['directory: corp', 'directory: corp\n    actors: none', 'issuers[0].actors', /is for workloads/],
    // one spelling of a subject
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: { bo: corp#Bo@Example.com }', 'issuers[1].actors.bo', /spelt as it is compared: corp#bo@example\.com/],
    ['who: { groups: [leavers] }', 'who: { subjects: ["corp#Leaver@Example.com"] }', 'deny[0].who.subjects[0]', /corp#leaver@example\.com/],
    [who, 'who: { subjects: ["corp#jose\u0301@example.com"] }', 'roles.debug.who.subjects[0]', /corp#jos\u00e9@example\.com/],
    [by, 'by: [{ groups: [leads] }, { subjects: ["corp#bo@example.com", "corp#BO@example.com"] }]', 'approvals[0].by[1].subjects[1]', /corp#bo@example\.com/],
    ['{ groups: [audit] }', '{ subjects: ["corp#Cy@example.com"] }', 'people.auditors.subjects[0]', /corp#cy@example\.com/],
    [who, 'who: { subjects: [corp#ana] }', 'roles.debug.who.subjects[0]', /no e-mail address, which all subjects of corp are/],
    ['networks:\n', '  - { issuer: "https://two.example.com", directory: corp, audience: stint }\nnetworks:\n', 'issuers[2].claims.subject', /e-mail addresses, as with the other issuers of corp/],
    ['networks:\n', '  - { issuer: "https://two.example.com", directory: ci, kind: workload, audience: x, claims: { subject: user_email } }\nnetworks:\n', 'issuers[1].claims.subject', /other issuers of ci/],
    ['kind: workload', 'kind: robot', 'issuers[1].kind', /person or workload/],
    ['directory: corp', 'algorithms: [HS256]\n    directory: corp', 'issuers[0].algorithms[0]', /asymmetric/],
    ['directory: corp', 'algorithms: [none]\n    directory: corp', 'issuers[0].algorithms[0]', /asymmetric/],
    ['directory: corp', 'token: both\n    directory: corp', 'issuers[0].token', /access or id/],
    ['directory: corp', 'token: id\n    types: [at+jwt]\n    directory: corp', 'issuers[0].types', /no ID token has/],
    ['directory: corp', 'jwks: http://keys.example.com\n    directory: corp', 'issuers[0].jwks', /https URL/],
    ['directory: corp', 'maxAge: 2d\n    directory: corp', 'issuers[0].maxAge', /1m to 1d/],
    ['require: { owner: "1234567" }', 'require: { owner: [] }', 'issuers[1].require.owner', /at least one/],
    ['require: { owner: "1234567" }', 'require: { __proto__: x }', 'issuers[1].require.__proto__', /name of a claim/],
    ['keep: [team]', 'keep: [team], actor: act', 'issuers[0].claims.actor', /is for workloads/],
    // networks and proxies
    ['203.0.113.0/24', '203.0.113.7/24', 'networks.office[0]', /host bits/],
    ['203.0.113.0/24', '203.0.113.0', 'networks.office[0]', /not a range/],
    ['203.0.113.0/24', '010.1.2.0/24', 'networks.office[0]', /not an IP address/],
    ['office: [203.0.113.0/24]', 'office: []', 'networks.office', /at least one/],
    ['networks:\n', 'networks:\n  any: [192.0.2.0/24]\n', 'networks.any', /not `any`/],
    ['trustedProxies: [10.0.0.0/28]', 'trustedProxies: [203.0.113.128/25]', 'trustedProxies[0]', /overlaps networks\.office/],
    ['trustedProxies: [10.0.0.0/28]', 'trustedProxies: ["::/0"]', 'trustedProxies[0]', /wider than \/16/],
    ['trustedProxies: [10.0.0.0/28]', 'trustedProxies: [0.0.0.0/1, 128.0.0.0/1]', 'trustedProxies[1]', /wider than \/8/],
    ['trustedProxies: [10.0.0.0/28]', 'trustedProxies: [10.0.0.0/7]', 'trustedProxies[0]', /wider than \/8/],
    ['trustedProxies: [10.0.0.0/28]', 'trustedProxies: ["2002::/15"]', 'trustedProxies[0]', /wider than \/16/],
    // accounts
    ['  "123456789012": {', '  123456789012: {', '', /quotes/],
    ['accounts: ["123456789012", "210987654321"]', 'accounts: [123456789012]', 'roles.debug.accounts[0]', /twelve digits, in quotes/],
    ['accounts: ["123456789012", "210987654321"]', 'accounts: []', 'roles.debug.accounts', /at least one/],
    ['accounts: ["123456789012", "210987654321"]', 'accounts: ["000000000000"]', 'roles.debug.accounts[0]', /not among accounts/],
    ['name: staging', 'name: prod', 'accounts.210987654321.name', /name of account 123456789012/],
    ['regions: [eu-west-1] }', 'regions: [] }', 'accounts.210987654321.regions', /at least one/],
    ['regions: [eu-west-1] }', 'regions: [Europe] }', 'accounts.210987654321.regions[0]', /name of a region/],
    ['regions: [eu-west-1] }', 'regions: [eu-west-1], horizon: 31d }', 'accounts.210987654321.horizon', /1h to 30d/],
    ['regions: [eu-west-1] }', 'regions: [eu-west-1], quotas: { ec2.standart: 1 } }', 'accounts.210987654321.quotas["ec2.standart"]', /did you mean ec2\.standard/],
    ['regions: [eu-west-1] }', 'regions: [eu-west-1], quotas: { ec2.p: -1 } }', 'accounts.210987654321.quotas["ec2.p"]', /0 or more/],
    ['regions: [eu-west-1] }', 'regions: [eu-west-1], quotas: { ec2.p: { eu-west-1: many } } }', 'accounts.210987654321.quotas["ec2.p"].eu-west-1', /0 or more/],
    // cost
    ['deny:\n', 'cost: { above: 10 }\ndeny:\n', 'cost.by', /is required/],
    ['deny:\n', 'cost: { above: 0, by: { groups: [leads] } }\ndeny:\n', 'cost.above', /above 0/],
    ['deny:\n', 'cost: { by: { groups: [leads] }, limits: [{ per: team, usd: 1, every: day }] }\ndeny:\n', 'cost.limits[0].per', /must be person, role, account or all/],
    ['deny:\n', 'cost: { by: { groups: [leads] }, limits: [{ per: all, usd: 1, every: week }] }\ndeny:\n', 'cost.limits[0].every', /must be day or month/],
    ['deny:\n', 'cost: { stale: 1h, by: { groups: [leads] } }\ndeny:\n', 'cost.stale', /1d to 3650d/],
    ['deny:\n', 'cost: { votes: 2, by: { subjects: ["corp#ana@example.com"] } }\ndeny:\n', 'cost.by', /can never be met/],
    ['approvals:\n', `cost: { ${by} }\napprovals:\n  - { name: cost, ${when}, votes: 1, ${by} }\n`, 'approvals', /must not have a rule named cost/],
    ['dynamodb:GetItem', 'lambda:InvokeFunction', 'roles.debug.ceiling', /nobody is named who does: say so under cost\.by.*It could cost \$2,4/],
    ['dynamodb:GetItem', 'cloudformation:CreateStack', 'roles.debug.ceiling', /Nothing bounds what cloudformation:CreateStack/],
    ['dynamodb:GetItem', 'sagemaker:CreateApp', 'roles.debug.ceiling', /Nobody has priced sagemaker:CreateApp/],
    ['who: { groups: [engineers] }', 'who: { groups: [engineers], when: cost.usd < 10.0 }', 'roles.debug.who.when', /use an approval rule/],
    ['who: { groups: [leavers] }', 'who: { groups: [leavers], when: cost.usd < 10.0 }', 'deny[0].who.when', /use an approval rule/],
    ['    from: [office, vpn]', '    cost: { usd: 10, because: reviewed in OPS-7, until: "2027-02-31" }\n    from: [office, vpn]', 'roles.debug.cost.until', /no day of the calendar/],
    ['    from: [office, vpn]', '    cost: { usd: 10, because: reviewed in OPS-7, until: soon }\n    from: [office, vpn]', 'roles.debug.cost.until', /a day such as/],
    // roles
    [arn, 'arn:aws:s3:::bucket-{account}', 'roles.debug.arn', /ARN of an IAM role/],
    [arn, 'arn:aws:iam::{account}:user/stint', 'roles.debug.arn', /is no role/],
    [arn, 'arn:aws:iam::{account}:role/stint-*', 'roles.debug.arn', /is no role/],
    [arn, 'arn:aws:iam::{acount}:role/stint', 'roles.debug.arn', /placeholder \{acount\}/],
    [arn, 'arn:aws:iam::123456789012:role/stint', 'roles.debug.arn', /must have \{account\}/],
    [arn, 'arn:aws:iam::1:role/x', 'roles.debug.arn', /must have \{account\}/],
    [arn, 'arn:aws:iam::1:r/x', 'roles.debug.arn', /20 to 2048/],
    [window, 'window: { default: 5h, max: 4h }', 'roles.debug.window.default', /at most max, 4h/],
    [window, 'window: { default: 15m, max: 13h }', 'roles.debug.window.max', /1m to 12h/],
    [window, 'window: { default: 0m, max: 1h }', 'roles.debug.window.default', /1m to 12h/],
    [window, 'window: { default: 15, max: 1h }', 'roles.debug.window.default', /duration such as 15m/],
    [window, 'window: { max: 1h }', 'roles.debug.window.default', /is required/],
    [window, `${window}\n    lifetime: 30s`, 'roles.debug.lifetime', /1m to 12h/],
    [window, `${window}\n    workloads: { lifetime: 13h }`, 'roles.debug.workloads.lifetime', /1m to 12h/],
    [window, `${window}\n    persons: {}`, 'roles.debug.persons', /window or lifetime/],
    [window, `${window}\n    reason: { min: 20, max: 10 }`, 'roles.debug.reason.min', /at most max, 10/],
    [window, `${window}\n    reason: { min: 0 }`, 'roles.debug.reason.min', /whole number/],
    [window, `${window}\n    egress: [10.0.0.0/8]`, 'roles.debug.egress[0]', /not public/],
    [window, `${window}\n    egress: [nowhere]`, 'roles.debug.egress[0]', /not a range/],
    [window, `${window}\n    externalId: "a b"`, 'roles.debug.externalId', /characters of/],
    [window, `${window}\n    tags: yes`, 'roles.debug.tags', /true or false/],
    [window, `${window}\n    ticket: ""`, 'roles.debug.ticket', /printable/],
    [window, `${window}\n    signIn: {}`, 'roles.debug.signIn', /must demand something/],
    [window, `${window}\n    signIn: { maxAge: soon }`, 'roles.debug.signIn.maxAge', /duration such as/],
    // breaking the glass
    [window, glass('window: 1h, reviewers: { groups: [leads] }'), 'roles.debug.breakGlass.who', /is required/],
    [window, glass('who: { groups: [x] }, window: 1h'), 'roles.debug.breakGlass.reviewers', /is required/],
    [window, glass('who: { groups: [x] }, reviewers: { groups: [leads] }'), 'roles.debug.breakGlass.window', /is required/],
    [window, glass('who: [], window: 1h, reviewers: { groups: [leads] }'), 'roles.debug.breakGlass.who', /describe somebody/],
    [window, glass('who: { groups: [x] }, window: 5h, reviewers: { groups: [leads] }'), 'roles.debug.breakGlass.window', /1m to 4h/],
    [window, `window: { default: 15m, max: 1h }\n    breakGlass: { who: { groups: [x] }, window: 2h, reviewers: { groups: [y] } }`, 'roles.debug.breakGlass.window', /at most the role's own max for persons, 1h/],
    [window, glass('who: { groups: [x] }, window: 1h, reason: 1000, reviewers: { groups: [y] } }\n    reason: { max: 500'), 'roles.debug.breakGlass.reason', /at most reason.max of the role, 500/],
    [window, glass('who: { subjects: ["corp#a@example.com"] }, window: 1h, reviewers: { subjects: ["corp#a@example.com"] }'), 'roles.debug.breakGlass.reviewers', /somebody else than corp#a@example.com/],
    [window, glass('who: { claims: { repository: x } }, window: 1h, reviewers: { groups: [y] }'), 'roles.debug.breakGlass.who.claims.repository', /no issuer of persons keeps/],
    [window, glass('who: { groups: [x] }, window: 1h, unreviewed: 0, reviewers: { groups: [y] }'), 'roles.debug.breakGlass.unreviewed', /1 to 20/],
    [window, glass('who: { groups: [x] }, window: 1h, channel: C0LEADS, reviewers: { groups: [y] }'), 'roles.debug.breakGlass.channel', /of no use without the section slack/],
    // people
    [who, 'who: {}', 'roles.debug.who', /must say who/],
    [who, 'who: []', 'roles.debug.who', /must describe somebody/],
    [who, 'who: engineers', 'roles.debug.who', /must say who/],
    [who, 'who: { groups: [] }', 'roles.debug.who.groups', /at least one/],
    [who, 'who: { groups: [7] }', 'roles.debug.who.groups[0]', /must be text/],
    [who, 'who: { groups: [a], group: b }', 'roles.debug.who.group', /did you mean groups\?/],
    [who, 'who: [{ groups: [a] }, { grups: [b] }]', 'roles.debug.who[1].grups', /did you mean groups\?/],
    [who, 'who: { subjects: [ana@example.com] }', 'roles.debug.who.subjects[0]', /directory#subject/],
    [who, 'who: { subjects: ["crop#ana@example.com"] }', 'roles.debug.who.subjects[0]', /directory crop.*corp, ci/],
    [who, 'who: { claims: { tem: x } }', 'roles.debug.who.claims.tem', /no issuer keeps.*kept are team, repository/],
    [who, 'who: { claims: { team: [] } }', 'roles.debug.who.claims.team', /at least one/],
    [who, 'who: { when: "true == 1" }', 'roles.debug.who.when', /does not type-check/],
    [who, `who: { when: 'ask.reason.matches("x")' }`, 'roles.debug.who.when', /matches\(\)/],
    ['{ groups: [audit] }', '{ when: "true" }', 'people.auditors.when', /not for those named under people/],
    ['[{ groups: [platform] }]', '[]', 'people.operators', /describe somebody/],
    // ceilings
    ['dynamodb:GetItem', 'dynamodb', 'roles.debug.ceiling[0].actions[0]', /service:Action/],
    ['dynamodb:GetItem', '"*:GetItem"', 'roles.debug.ceiling[0].actions[0]', /wildcard in the service/],
    [resource, '"orders"', 'roles.debug.ceiling[0].resources[0]', /does not start with arn:/],
    [resource, '"arn:aws:s3:::{bucket}"', 'roles.debug.ceiling[0].resources[0]', /placeholder \{bucket\}/],
    [resource, '"arn:aws:s3:::x/${aws:username}"', 'roles.debug.ceiling[0].resources[0]', /policy variable/],
    ['      - actions: [dynamodb:GetItem]\n', '      - not_actions: [x:Y]\n', 'roles.debug.ceiling[0].actions', /is required/],
    ['      - actions: [dynamodb:GetItem]\n', '      - actions: [dynamodb:GetItem]\n        NotAction: [x:Y]\n', 'roles.debug.ceiling[0].NotAction', /is no field here/],
    [resource, `${resource}]\n        conditions: { StringEqual: { "aws:x": y } }\n        #`, 'roles.debug.ceiling[0].conditions.StringEqual', /no condition operator/],
    [resource, `${resource}]\n        conditions: { Bool: { "aws:x": true } }\n        #`, 'roles.debug.ceiling[0].conditions.Bool["aws:x"]', /put it in quotes/],
    [resource, long.join(', '), 'roles.debug.ceiling', /does not fit account 123456789012: .*comes to \d{4} characters; STS takes 2048/],
    [arn, `${arn}\n    managed: { arn: "arn:aws:iam::{account}:policy/stint" }`, 'roles.debug.managed.sha256', /is required/],
    [arn, `${arn}\n    managed: { arn: "arn:aws:iam::{account}:policy/stint", sha256: "${'0'.repeat(64)}" }`, 'roles.debug.managed.sha256', new RegExp(`must be ${hash}, which the ceiling has today`)],
    [arn, `${arn}\n    managed: { arn: "arn:aws:iam::{account}:policy/stint", sha256: ABC }`, 'roles.debug.managed.sha256', /64 characters of 0-9 a-f/],
    [arn, `${arn}\n    managed: { arn: "arn:aws:iam::aws:policy/ReadOnlyAccess", sha256: ${hash} }`, 'roles.debug.managed.arn', /must have \{account\}/],
    [arn, `${arn}\n    managed: { arn: "arn:aws:iam::{account}:role/stint", sha256: ${hash} }`, 'roles.debug.managed.arn', /is no policy: it must end in policy\/name/],
    [arn, `${arn}\n    managed: { arn: "arn:aws:s3:::bucket-{account}", sha256: ${hash} }`, 'roles.debug.managed.arn', /ARN of a managed policy/],
    [arn, `${arn}\n    managed: { arn: "arn:aws-cn:iam::{account}:policy/stint", sha256: ${hash} }`, 'roles.debug.managed.arn', /partition of the role, aws$/],
    [resource, long.join(', '), 'roles.debug.ceiling', /under managed.* with sha256: [0-9a-f]{64}\.$/],
    [`arn: ${arn}\n    who: { groups: [engineers] }\n    from: [office, vpn]\n    ${window}\n    ceiling:\n      - actions: [dynamodb:GetItem]\n        resources: [${resource}]`, huge, 'roles.debug.managed', /would have \d{4} characters in account 123456789012; IAM takes 6144/],
    // deny and approvals
    ['name: leavers, who: { groups: [leavers] },', 'name: leavers,', 'deny[0].who', /is required/],
    ['because: Access ends.', 'roles: [orders-*], because: x', 'deny[0].roles[0]', /matches no role; there are debug/],
    [by, 'by: []', 'approvals[0].by', /never means that nobody is needed/],
    [by, 'by: { subjects: ["corp#ana@example.com", "ci#bot"] }', 'approvals[0].by.subjects[1]', /directory ci, which no issuer of persons has/],
    [by, 'by: { claims: { repository: x } }', 'approvals[0].by.claims.repository', /no issuer of persons keeps/],
    [`votes: 1, ${by}`, 'votes: 2, by: { subjects: ["corp#ana@example.com"] }', 'approvals[0].by', /can never be met: 2 votes.*only 1/],
    ['votes: 1', 'votes: 0', 'approvals[0].votes', /1 to 5/],
    ['votes: 1', 'votes: 6', 'approvals[0].votes', /1 to 5/],
    ['votes: 1', 'votes: 1.5', 'approvals[0].votes', /whole number/],
    [when, 'when: costs.usd > 1000.0', 'approvals[0].when', /uses costs; an expression sees/],
    [when, 'when: true', 'approvals[0].when', /must be an expression/],
    [when, 'when: ask.window', 'approvals[0].when', /must come to true or false/],
    [by, `${by}, within: 8d`, 'approvals[0].within', /1m to 7d/],
    ['approvals:\n', `approvals:\n  - { name: long, ${when}, votes: 1, ${by} }\n`, 'approvals[1].name', /another entry already: long/],
    ['groups: groups, ', '', 'approvals[0].by.groups', /no issuer of persons has claims\.groups/],
    // the process
    ['people:', 'listen: { port: 99999 }\npeople:', 'listen.port', /0 to 65535/],
    ['people:', 'sts: { endpoint: "http://sts.example.com" }\npeople:', 'sts.endpoint', /credentials travel/],
    ['people:', 'leavers: { directory: corp }\npeople:', 'leavers', /needs one of STINT_LEAVERS_SECRET, STINT_LEAVERS_OKTA_KEY/],
    ['people:', 'leavers: { directory: ci }\npeople:', 'leavers.directory', /no issuer of persons; there are corp/],
    ['people:', 'store: { path: ":memory:" }\npeople:', 'store.path', /path of a file/],
    ['people:', 'voters: { signIn: { amr: [] } }\npeople:', 'voters.signIn.amr', /at least one/],
    ['people:', 'voters: { from: everywhere }\npeople:', 'voters.from', /a list of networks, or any/],
    ['people:', 'voters: { from: [] }\npeople:', 'voters.from', /a list of networks, or any/],
    ['people:', 'voters: { from: [any] }\npeople:', 'voters.from[0]', /is no network/],
    ['people:', 'voters: { from: [office, offce] }\npeople:', 'voters.from[1]', /not among networks; there are office, vpn/],
    // YAML
    ['people:', 'networks: {}\npeople:', '', /unique/],
    ['from: [office, vpn]', 'from: !list [office, vpn]', '', /not the YAML that Stint reads/],
    ['accounts: ["123456789012", "210987654321"]', 'accounts: [! 123456789012]', '', /must not have a tag/],
    ['audience: stint', 'audience: !!str 7', '', /must not have a tag/],
    ['from: [office, vpn]', 'from: !!seq [office, vpn]', '', /must not have a tag/],
    ['from: [office, vpn]', 'from: ! [office, vpn]', '', /must not have a tag/],
    ['people:', '!!str people:', '', /must not have a tag/],
    ['who: { groups: [engineers] }', 'who: &w { groups: [engineers] }\n    x: *w', '', /alias/],
    ['issuers:\n', 'issuers: [\n', '', /not the YAML that Stint reads/],
    ['approvals:\n', '---\napprovals:\n', '', /multiple documents/i],
    ['people:', '<<: { a: b }\npeople:', '["<<"]', /is no field here/],
    ['people:', '__proto__: { a: b }\npeople:', '__proto__', /is no field here/],
  ]
  t.ok(table.length >= 60)
  for (const [from, to, path, words] of table) {
    const faults = faultsOf(but([from, to]))
    const found = faults.find((fault) => fault.path === path && words.test(fault.message))
    t.ok(found, `${path}: ${words}`, { faults })
    t.ok(found?.line !== undefined && found.column !== undefined, 'it has a place')
  }
})

t.test('of very many faults the first hundred, in a time that grows with the file alone', async (t) => {
  const flood = Array.from({ length: 20_000 }, (_, at) => `f${at}: 1\n`).join('')
  const faults = faultsOf(good + flood)
  t.equal(faults.length, 101)
  t.match(faults[0], { path: 'f0', message: /is no field here/ })
  t.match(faults[100], { path: '', line: faults[99]?.line, message: 'and 19900 more' })
  t.match(loadFault(good + flood)?.detail, /20000 faults/)
})

t.test('a single mistake is a single fault', async (t) => {
  for (const [from, to] of [
    ['office: [203.0.113.0/24]', 'office: [nonsense]'],
    ['office: [203.0.113.0/24]', 'office: nonsense'],
    ['name: prod, regions', 'nmae: prod, name: prod, regions'],
    ['name: prod, regions: [us-east-1, eu-west-1]', 'name: prod, regions: [nowhere]'],
    ['  "210987654321": { name: staging, regions: [eu-west-1] }', '  "210987654321": staging'],
    ['arn:aws:iam::{account}:role/stint-debug', 'nonsense'],
  ] as const) {
    const faults = faultsOf(but([from, to]))
    t.equal(faults.length, 1, to, { faults })
  }
})
