import type { DefaultError, UseQueryResult } from '@tanstack/react-query';
import type { Deployment, KernelTable, RecordForm } from '../../api/types';
import { isObject } from '../../components/sortedTable';
import { refOf } from '../../model/deployment';
import { isAnswering } from '../../state/deployments';
import { useServerQuery } from '../../state/queries';

/**
 * Fetch the form in which records of a deployment are typed.
 *
 * Its values are those of the open notebook's data frames, or else of the record that the deployment itself
 * has as an example.
 */
export function useRecordForm(
  deployment: Deployment,
  tables: () => Promise<readonly KernelTable[]>
): UseQueryResult<RecordForm, DefaultError> {
  const ref = refOf(deployment);
  return useServerQuery({
    key: ['record form', ref],
    topics: [],
    fetch: async client => {
      const [{ form }, example] = await Promise.all([
        tables().then(found => client.sample(ref, found)),
        // The form can be used without it.
        isAnswering(deployment)
          ? client.exampleRecord(deployment.model).catch(() => undefined)
          : undefined
      ]);
      return withExample(form, example);
    }
  });
}

/** Return a form with the values of an example where it has none itself. */
export function withExample(form: RecordForm, example: unknown): RecordForm {
  if (example === undefined || form.origin === 'table') {
    return form;
  }
  if (form.fields.length === 0) {
    return { ...form, records: [example] };
  }
  const records = form.records as readonly Record<string, unknown>[];
  return isObject(example)
    ? { ...form, records: records.map(record => ({ ...example, ...record })) }
    : form;
}
