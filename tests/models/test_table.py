"""The labels of models and settings."""

from recsys.models.table import model_label, setting_label


def test_a_model_has_a_label_also_under_its_earlier_name() -> None:
    assert model_label("item-knn") == "Item-kNN"
    assert model_label("ncf") == model_label("mean-item-mlp") == "MLP on item means"
    assert model_label("network alone") == "network alone"


def test_a_setting_has_the_label_of_its_control() -> None:
    assert setting_label("embedding_size") == "Embedding size"
    assert setting_label("negatives") == "Negative samples"
    assert setting_label("training time") == "Training time" and setting_label("NDCG@10") == "NDCG@10"
