-- One row per version of a customer: what we held true from build to build. $party
select
    valid_from, valid_to, is_current, ended_by, lifecycle, customer_name, email, phone, street,
    house_number, postcode, city, country
from dim_customer
where party_id = $party
order by valid_from
