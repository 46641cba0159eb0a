import type { DefaultError, UseQueryResult } from '@tanstack/react-query';
import type { Deployment, KernelTable, RecordForm } from '../../api/types';
import { refOf } from '../../model/deployment';
import { useServerQuery } from '../../state/queries';

/** Fetch the form in which records of a deployment are typed, with the values of the open notebook's data frames. */
export function useRecordForm(
  deployment: Deployment,
  tables: () => Promise<readonly KernelTable[]>
): UseQueryResult<RecordForm, DefaultError> {
  const ref = refOf(deployment);
  return useServerQuery({
    key: ['record form', ref],
    topics: [],
    fetch: async client => (await client.sample(ref, await tables())).form
  });
}
