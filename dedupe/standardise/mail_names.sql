-- One row per person record without a full name, in temp table mail_names: the name in its mailbox.
-- `anna.mueller@` tells who it is where both halves are names that
-- link.person_context knows. What the record
-- states must be one of the halves, where the box holds both; it may stand in the wrong field or
-- hold a slip.
create or replace temp table mail_names as
with given_words as (
    select word, amount as share from link.person_context where kind = 'given_share'
),
family_words as (
    select word, amount as share from link.person_context where kind = 'family_share'
),
readings as (
    select b.seq, unnest(s.readings) as reading
    from nameless_boxes as b
    inner join link.std_readings as s on s.raw = b.raw
),
halves as (
    select
        r.seq,
        n.stated,
        n.stated_is_family,
        nullif(split_part(r.reading, '|', 1), '') as given,
        nullif(split_part(r.reading, '|', 2), '') as family
    from readings as r
    left join named as n on n.seq = r.seq
),
judged as (
    select
        h.*,
        coalesce(
            jaro_winkler_similarity(h.stated, h.given) >= 0.88
            or (length(h.given) = 1 and not h.stated_is_family and starts_with(h.stated, h.given)), false
        ) as states_given,
        coalesce(jaro_winkler_similarity(h.stated, h.family), 0) >= 0.88 as states_family,
        case
            when h.given is null then 1.0
            -- An initial is as likely as any letter; a stated name may be known in its right form only.
            when length(h.given) = 1 then 0.05
            else coalesce(g.share, case when states_given then 1e-6 end)
        end as given_share,
        case
            when h.family is null then 1.0
            when length(h.family) = 1 then 0.0
            else coalesce(f.share, case when states_family then 1e-6 end)
        end as family_share
    from halves as h
    left join given_words as g on g.word = h.given
    left join family_words as f on f.word = h.family
)
select
    seq,
    case
        when states_given or (given is null and not stated_is_family) then stated else given
    end as given,
    case
        when states_family or (family is null and stated_is_family) then stated else family
    end as family
from judged
where
    given_share * family_share > 0
    and (
        stated is null or states_given or states_family
        -- The box holds one name, the record states the other one.
        or (given is null and not stated_is_family) or (family is null and stated_is_family)
    )
qualify row_number() over (
    partition by seq
    order by given_share * family_share desc, given, family
) = 1;
