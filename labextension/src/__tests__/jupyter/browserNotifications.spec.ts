import { Notification as Toast } from '@jupyterlab/apputils';
import { areNotificationsAllowed, toggleNotifications } from '../../jupyter/browserNotifications';
import { browser, forgetBrowser } from '../browser';
import { servicesWith } from '../services';

describe('toggleNotifications', () => {
  beforeEach(() => Toast.manager.dismiss());
  afterEach(forgetBrowser);

  it('asks the browser when they are switched on, and not when they are switched off', async () => {
    const { asked } = browser({ answer: 'granted' });
    const context = servicesWith({});
    await toggleNotifications(context);
    const isOn = context.preferences.notifiesByBrowser && areNotificationsAllowed();
    await toggleNotifications(context);

    expect(isOn).toBe(true);
    expect(context.preferences.notifiesByBrowser).toBe(false);
    expect(asked()).toBe(1);
  });

  it('stays off where the user refuses, and says so', async () => {
    browser({ answer: 'denied' });
    const context = servicesWith({});
    await toggleNotifications(context);

    expect(context.preferences.notifiesByBrowser).toBe(false);
    expect(Toast.manager.notifications[0].message).toMatch(/allows no notifications/);
  });

  it('says that an insecure page has none', async () => {
    const context = servicesWith({});
    await toggleNotifications(context);

    expect(Toast.manager.notifications[0].message).toMatch(/https addresses and localhost only/);
  });
});
