import * as React from 'react';
import type { Deployment, KernelTable } from '../../api/types';
import { CopyButton } from '../../components/copyButton';
import { DeploymentLink, refOf, useDeploymentUrl } from '../../model/deployment';
import { useModelOp } from '../../state/context';
import { useRecordForm } from './recordForm';

/** Where a deployment answers: in this Jupyter server, on its machine, and as a line for a shell. */
export function Addresses(props: {
  deployment: Deployment;
  tables: () => Promise<readonly KernelTable[]>;
}): JSX.Element {
  const { trans } = useModelOp();
  const { deployment, tables } = props;
  const { model, url } = deployment;
  const ref = refOf(deployment);
  const proxied = useDeploymentUrl(model);
  const { data: form } = useRecordForm(deployment, tables);
  const curl = url === null ? null : curlLine(deployment, url, form?.records[0] ?? {});
  return (
    <dl className="jp-modelop-addresses">
      <dt>{trans.__('In Jupyter')}</dt>
      <dd>
        <code title={proxied}>{proxied}</code>
        <DeploymentLink deployment={deployment} />
        <CopyButton text={proxied} what={trans.__('the URL of %1', ref)} />
      </dd>
      {url !== null && (
        <>
          <dt>{trans.__('On its machine')}</dt>
          <dd>
            <code title={url}>{url}</code>
            <CopyButton text={url} what={trans.__('the URL of %1 on its machine', ref)} />
          </dd>
        </>
      )}
      {curl !== null && (
        <>
          <dt>{trans.__('In a shell there')}</dt>
          <dd>
            <code title={curl}>{curl}</code>
            <CopyButton text={curl} what={trans.__('the line for a shell')} />
          </dd>
        </>
      )}
    </dl>
  );
}

/** Return a line that sends a record to a deployment. */
export function curlLine(
  { has_token: hasToken }: Pick<Deployment, 'has_token'>,
  url: string,
  record: unknown
): string {
  const words = [`curl ${url.replace(/\/$/, '')}/score`, "-H 'Content-Type: application/json'"];
  if (hasToken) {
    words.push('-H "Authorization: Bearer $TOKEN"');
  }
  const json = JSON.stringify(record).replace(/'/g, `'\\''`);
  return [...words, `-d '${json}'`].join(' ');
}
