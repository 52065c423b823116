"""What went wrong outside, as people read it: ours in their language, others' as it came."""

from core import i18n, outside_words


def test_errors_of_ours_are_told_in_words_and_what_others_answered_stays() -> None:
    assert outside_words.said("send_notification: NotReached: the host is not known") == "The host is not known."
    assert outside_words.said("no answer within 2.5 s") == "No answer within 2.5 seconds."
    assert outside_words.said("550 5.1.1 No such user here") == "550 5.1.1 No such user here"
    assert outside_words.said("send_notification: NotTaken: 500 oops") == "500 oops"
    with i18n.speaking("fr"):
        assert outside_words.said("the host is not known") == "Le serveur est inconnu."
