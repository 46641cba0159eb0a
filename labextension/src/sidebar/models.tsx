import { refreshIcon, addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ModelSummary } from '../api/types';
import { ShowMore } from '../components/pager';
import {
  Badge,
  Disclosure,
  EmptyMessage,
  ErrorMessage,
  IconButton
} from '../components/primitives';
import { environmentBadge, jobBadge } from '../components/status';
import { useCommandEnabled, useExpandedParts, useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { ModelDetails } from './modelDetails';

const PAGE_SIZE = 50;

/** The models of the registry, each of which expands to its details. */
export function ModelsSection(): JSX.Element {
  const { commands, trans } = useModelOp();
  const canRegister = useCommandEnabled(CommandIDs.register);
  const [match, setMatch] = React.useState('');
  const [limit, setLimit] = React.useState(PAGE_SIZE);
  const {
    data: page,
    error,
    refetch
  } = useServerQuery({
    key: ['models', limit, match],
    topics: ['models', 'jobs', 'environments'],
    fetch: client => client.models({ limit, match: match || undefined })
  });
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
          onClick={() => void refetch()}
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
      {error && <ErrorMessage error={error} />}
      {page && page.total === 0 && (
        <EmptyMessage>
          {match
            ? trans.__('No model has %1 in its name.', match)
            : trans.__(
                'No models yet. Open a notebook that defines a model, run its cells, and register it.'
              )}
        </EmptyMessage>
      )}
      {page && (
        <ul className="jp-modelop-list">
          {page.rows.map(model => (
            <li
              key={model.name}
              data-modelop-model={model.name}
              onDoubleClick={event => {
                // Not in the details of the model, where buttons may be clicked twice.
                if ((event.target as Element).closest('.jp-modelop-modelTitle')) {
                  void commands.execute(CommandIDs.openModel, { model: model.name });
                }
              }}
            >
              <ModelRow model={model} />
            </li>
          ))}
        </ul>
      )}
      {page && (
        <ShowMore
          shown={page.rows.length}
          total={page.total}
          limit={limit}
          step={PAGE_SIZE}
          onMore={setLimit}
        />
      )}
    </div>
  );
}

function ModelRow({ model }: { model: ModelSummary }): JSX.Element {
  const { expansionState } = useModelOp();
  const parts = useExpandedParts(model.name);
  return (
    <Disclosure
      title={<ModelTitle model={model} />}
      label={model.name}
      isExpanded={parts !== null}
      onToggle={() => expansionState.toggle(model.name)}
    >
      <ModelDetails name={model.name} expandedParts={parts ?? []} />
    </Disclosure>
  );
}

function ModelTitle({ model }: { model: ModelSummary }): JSX.Element {
  const { trans } = useModelOp();
  const snapshot = model.snapshot === null ? trans.__('no snapshot') : `@${model.snapshot}`;
  return (
    <span className="jp-modelop-modelTitle" title={model.description || model.name}>
      <span className="jp-modelop-name">{model.name}</span>
      <span className="jp-modelop-muted">{snapshot}</span>
      {model.environment !== 'ready' && (
        <Badge
          {...environmentBadge(model.environment)}
          title={model.failure ?? model.step?.text ?? trans.__('State of the environment')}
        />
      )}
      {model.last_job && <Badge {...jobBadge(model.last_job, trans)} />}
    </span>
  );
}
