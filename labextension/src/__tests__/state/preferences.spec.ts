import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import { Preferences } from '../../state/preferences';

const { properties } = jest.requireActual<{
  properties: Record<string, { default: unknown }>;
}>('../../../schema/core.json');

/** Return settings as JupyterLab reads them: the user's values, and the defaults of the schema. */
function settingsOf(user: Record<string, unknown>): ISettingRegistry.ISettings {
  const get = (name: string) => ({ composite: user[name] ?? properties[name]?.default });
  return { get, changed: new Signal({}) } as unknown as ISettingRegistry.ISettings;
}

describe('Preferences', () => {
  it('has the same defaults as the settings schema', () => {
    const preferences = new Preferences();
    const { notifiesByBrowser, notifiesJobEnds, interval, workers } = preferences;
    preferences.follow(settingsOf({}));

    expect(preferences).toMatchObject({ notifiesByBrowser, notifiesJobEnds, interval, workers });
  });

  it('takes the values of the settings', () => {
    const preferences = new Preferences();
    preferences.follow(settingsOf({ announceEnds: false, pollingInterval: 30, workers: 'auto' }));

    expect(preferences).toMatchObject({
      notifiesJobEnds: false,
      interval: 30_000,
      workers: 'auto'
    });
  });
});
