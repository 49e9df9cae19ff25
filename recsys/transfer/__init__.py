"""Step 4: source and target, transfer methods, the exact path over α, recommendations, α suggestion, privacy."""

from recsys.transfer.blend import WAYS, Transfer, blend_ways, interpolate, merged_party, seen_by_half, transfer
from recsys.transfer.methods import METHODS, TransferMethod, fit_method, load_method, save_method
from recsys.transfer.parties import (
    MINIMUM_GROUP,
    TransferParty,
    average_party,
    blend_sentence,
    medoid_party,
    parties_before_and_after,
    party_embedding,
    party_in_scenario,
    party_of_group,
    party_of_items,
    party_of_neighbours,
    party_of_user,
    party_scores,
)
from recsys.transfer.path.alpha_path import AlphaPath, Change, Step, alpha_path
from recsys.transfer.recommendations import Recommendations, collaborative, content, recommend
from recsys.transfer.source_interests import (
    SourceInterests,
    find_interests,
    read_weights,
    split_interests,
    write_weights,
)

__all__ = [
    "METHODS",
    "MINIMUM_GROUP",
    "WAYS",
    "AlphaPath",
    "Change",
    "Recommendations",
    "SourceInterests",
    "Step",
    "Transfer",
    "TransferMethod",
    "TransferParty",
    "alpha_path",
    "average_party",
    "blend_sentence",
    "blend_ways",
    "collaborative",
    "content",
    "find_interests",
    "fit_method",
    "interpolate",
    "load_method",
    "medoid_party",
    "merged_party",
    "parties_before_and_after",
    "party_embedding",
    "party_in_scenario",
    "party_of_group",
    "party_of_items",
    "party_of_neighbours",
    "party_of_user",
    "party_scores",
    "read_weights",
    "recommend",
    "save_method",
    "seen_by_half",
    "split_interests",
    "transfer",
    "write_weights",
]
