import { refreshIcon, addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { ShowMore } from '../components/pager';
import { EmptyMessage, ErrorMessage, IconButton } from '../components/primitives';
import { useCommandEnabled, useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { ModelRow } from './modelRow';
import { NoModels } from './noModels';

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
          title={trans.__(
            'A part of a name or of any text, or tag:fraud metrics.auc>=0.9 name~churn'
          )}
          value={match}
          onChange={event => setMatch(event.target.value)}
        />
      )}
      {error && <ErrorMessage error={error} />}
      {page?.total === 0 && match === '' && <NoModels />}
      {page?.total === 0 && match !== '' && (
        <EmptyMessage>{trans.__('No model is found by %1.', match)}</EmptyMessage>
      )}
      {page && (
        <ul className="jp-modelop-list jp-modelop-models" aria-label={trans.__('Models')}>
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
