import { refreshIcon, addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Badge, Disclosure, Empty, IconButton, Problem } from '../components/parts';
import { environmentBadge, jobBadge } from '../components/states';
import { useEnabled, useLive, useModelOp, useUnfolded } from '../context';
import { CommandIDs } from '../tokens';
import type { ModelLine } from '../types';
import { ModelBody } from './model';

const PAGE = 50;

/** The models of the registry, each opening into all that belongs to it. */
export function ModelsSection(): JSX.Element {
  const { commands, trans } = useModelOp();
  const canRegister = useEnabled(CommandIDs.register);
  const [match, setMatch] = React.useState('');
  const [limit, setLimit] = React.useState(PAGE);
  const models = useLive(`models ${limit} ${match}`, ['models', 'jobs', 'environments'], client =>
    client.models({ limit, match: match || undefined })
  );
  const page = models.value;
  return (
    <div className="jp-modelop-section">
      <div className="jp-modelop-bar">
        <button
          type="button"
          className="jp-modelop-button jp-mod-styled jp-mod-accept"
          disabled={!canRegister}
          title={canRegister ? undefined : trans.__('Open a notebook first')}
          onClick={() => void commands.execute(CommandIDs.register)}
        >
          <addIcon.react tag="span" elementPosition="center" />
          {trans.__('Register notebook')}
        </button>
        <span className="jp-modelop-spacer" />
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh models')}
          onClick={() => void models.refresh()}
        />
      </div>
      {(match !== '' || (page && page.total > 8)) && (
        <input
          type="search"
          className="jp-modelop-search jp-mod-styled"
          placeholder={trans.__('Filter models')}
          aria-label={trans.__('Filter models')}
          value={match}
          onChange={event => setMatch(event.target.value)}
        />
      )}
      {models.error && <Problem error={models.error} />}
      {page && page.total === 0 && (
        <Empty>
          {match
            ? trans.__('No model has %1 in its name.', match)
            : trans.__(
                'No models yet. Open a notebook that holds one, run its cells, and register it.'
              )}
        </Empty>
      )}
      {page && (
        <ul className="jp-modelop-list">
          {page.rows.map(model => (
            <li key={model.name}>
              <ModelRow model={model} />
            </li>
          ))}
        </ul>
      )}
      {page && page.total > page.rows.length && (
        <button
          type="button"
          className="jp-modelop-more"
          onClick={() => setLimit(Math.min(limit + PAGE, 1000))}
        >
          {trans.__('Show more (%1 of %2 shown)', page.rows.length, page.total)}
        </button>
      )}
    </div>
  );
}

function ModelRow({ model }: { model: ModelLine }): JSX.Element {
  const { unfolded } = useModelOp();
  const open = useUnfolded(model.name);
  return (
    <Disclosure
      title={<ModelTitle model={model} />}
      label={model.name}
      isOpen={open !== null}
      onToggle={() => unfolded.toggle(model.name)}
    >
      <ModelBody name={model.name} open={open ?? []} />
    </Disclosure>
  );
}

function ModelTitle({ model }: { model: ModelLine }): JSX.Element {
  const { trans } = useModelOp();
  const newest = model.snapshot === null ? trans.__('no snapshot') : `@${model.snapshot}`;
  return (
    <span className="jp-modelop-modelTitle" title={model.description || model.name}>
      <span className="jp-modelop-name">{model.name}</span>
      <span className="jp-modelop-muted">{newest}</span>
      {model.environment !== 'ready' && (
        <Badge
          {...environmentBadge(model.environment)}
          title={model.failure ?? model.step?.text ?? trans.__('Its environment')}
        />
      )}
      {model.last_job && <Badge {...jobBadge(model.last_job, trans)} />}
    </span>
  );
}
