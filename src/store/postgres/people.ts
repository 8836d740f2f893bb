import { asc, desc, eq, gte } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Store } from '../../grant/store.js'
import { exact, toPerson, toSlackUser } from '../rows.js'
import { persons, slackUsers } from './schema.js'

/** What can be read of people. */
export function readPeople(orm: NodePgDatabase): Pick<Store, 'persons' | 'slackUser'> {
  return {
    async persons(query) {
      const all = orm.select({ body: persons.body }).from(persons)
      const rows =
        'since' in query
          ? await all
              .where(gte(persons.at, query.since))
              .orderBy(desc(persons.at), asc(persons.subject))
              .limit(query.limit)
          : await all
              .where(
                'subject' in query
                  ? eq(persons.subject, exact(query.subject))
                  : eq(persons.slack, exact(query.slack)),
              )
              .orderBy(asc(persons.subject))
      return rows.map(toPerson)
    },
    async slackUser(query) {
      const by =
        'id' in query
          ? eq(slackUsers.id, exact(query.id))
          : 'subject' in query
            ? eq(slackUsers.subject, exact(query.subject))
            : eq(slackUsers.code, query.code)
      const [row] = await orm.select({ body: slackUsers.body }).from(slackUsers).where(by)
      return row && toSlackUser(row)
    },
  }
}
