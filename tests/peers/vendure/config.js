// A Vendure shop over one SQLite file; its environment says where and how.
const path = require('path');
const { DefaultLogger, dummyPaymentHandler, LogLevel } = require('@vendure/core');

const { SHOP_FOLDER, SHOP_PORT, SHOP_PASSWORD, SHOP_TOKENS, SHOP_LIST_LIMIT } = process.env;

exports.config = {
  apiOptions: {
    hostname: '127.0.0.1',
    port: Number(SHOP_PORT),
    adminApiPath: 'admin-api',
    shopApiPath: 'shop-api',
    adminListQueryLimit: Number(SHOP_LIST_LIMIT || 1000),
  },
  authOptions: {
    tokenMethod: SHOP_TOKENS || 'bearer',
    superadminCredentials: { identifier: 'superadmin', password: SHOP_PASSWORD },
    cookieOptions: { secret: SHOP_PASSWORD },
  },
  dbConnectionOptions: {
    type: 'better-sqlite3',
    database: path.join(SHOP_FOLDER, 'shop.sqlite'),
    synchronize: process.env.SHOP_SYNCHRONIZE === 'yes',
    logging: false,
  },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  logger: new DefaultLogger({ level: LogLevel.Warn, timestamp: false }),
};
