-- One row per estimate of a file, of what a firm spends per year in our market.
select
    record_id,
    source,
    company_name,
    vat_id,
    postcode,
    city,
    estimated_annual_spend_eur,
    estimated_on
from {{ ref('stg_files__spend_estimates') }}
