-- One row per person record with any name, in temp table person_names: raw given and family name.
-- A lone name, and names in each other's field, go where link.person_context knows them better.
create or replace temp table person_names as
with given_counts as (
    select word, amount::bigint as n from link.person_context where kind = 'given_count'
),
family_counts as (
    select word, amount::bigint as n from link.person_context where kind = 'family_count'
),
judged as (
    select
        w.*,
        coalesce(g.n, 0) as n_given,
        coalesce(f.n, 0) as n_family,
        coalesce(fg.n, 0) as n_family_as_given,
        coalesce(gf.n, 0) as n_given_as_family
    from name_words as w
    left join given_counts as g on g.word = w.given_word
    left join family_counts as f on f.word = w.family_word
    left join given_counts as fg on fg.word = w.family_as_given
    left join family_counts as gf on gf.word = w.given_as_family
),
placed as (
    select
        *,
        -- The record itself is one of those counted, unless it came later; thirty times likelier
        -- the other way round.
        coalesce(
            (n_family_as_given + 0.5) * (n_given_as_family + 0.5)
            > 30 * greatest(n_given - 0.5, 0.5) * greatest(n_family - 0.5, 0.5), false
        ) and given_raw is not null and family_raw is not null as is_swapped,
        single is not null and n_family_as_given > n_given_as_family as is_given
    from judged
)
select
    seq,
    case when is_swapped then family_raw when is_given then single else given_raw end as given_raw,
    case when is_swapped then given_raw when single is not null and not is_given then single else family_raw end as family_raw
from placed
where given_raw is not null or family_raw is not null or single is not null;

-- The same, standardised, in temp table named; `stated` is the only name of a record that has one.
create or replace temp table named as
select
    n.seq,
    g.given,
    g.given_root,
    f.family,
    f.family_parts,
    case when n.given_raw is null then f.family when n.family_raw is null then g.given end as stated,
    n.given_raw is null as stated_is_family
from person_names as n
left join link.std_given as g on g.raw = n.given_raw
left join link.std_family as f on f.raw = n.family_raw;
