// Makes the tables and what a shop has before its first customer.
const { bootstrap } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const { config } = require('./config');

const FIRST_DATA = {
  defaultLanguage: 'en',
  defaultZone: 'Europe',
  countries: [
    { name: 'Germany', code: 'DE', zone: 'Europe' },
    { name: 'Austria', code: 'AT', zone: 'Europe' },
  ],
  taxRates: [{ name: 'Standard', percentage: 19 }],
  shippingMethods: [{ name: 'Parcel', price: 490 }],
  paymentMethods: [
    {
      name: 'Invoice',
      handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'true' }] },
    },
  ],
  collections: [],
};

populate(() => bootstrap(config), FIRST_DATA)
  .then(app => app.close())
  .then(() => process.exit(0))
  .catch(failure => {
    console.error(failure);
    process.exit(1);
  });
