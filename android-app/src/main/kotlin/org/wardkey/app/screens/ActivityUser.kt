package org.wardkey.app.screens

import android.app.Activity
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import androidx.annotation.StringRes
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import org.wardkey.app.R
import org.wardkey.app.words.lastUsedWords
import org.wardkey.app.words.nameWords
import org.wardkey.app.words.remedy
import org.wardkey.app.words.siteWords
import org.wardkey.app.words.title
import org.wardkey.core.Choice
import org.wardkey.core.Message
import org.wardkey.core.Reason
import org.wardkey.core.Use
import org.wardkey.core.UserFailure
import org.wardkey.core.UserInterface

/**
 * The person in front of [activity], asked through it from any thread. A question ends with the activity, and
 * with the coroutine that waits for its answer.
 */
internal class ActivityUser(private val activity: Activity) : UserInterface {
    override suspend fun consent(purpose: Use, rpId: String, account: String): Unit = ask(
        Question(R.layout.consent, ::decline) { answer ->
            val words = ConsentWords.of(purpose)
            put(R.id.consent_heading, context.getString(words.heading))
            put(R.id.consent_site, siteWords(rpId))
            put(R.id.consent_account, nameWords(account))
            put(R.id.consent_explanation, context.getString(words.explanation))
            put(R.id.consent_confirm, context.getString(words.confirm))
            on(R.id.consent_confirm) { answer.complete(Unit) }
            on(R.id.question_cancel) { decline(answer) }
        },
    )

    override suspend fun choose(rpId: String, accounts: List<Choice>): UInt = ask(
        Question(R.layout.choose, ::decline) { answer ->
            put(R.id.choose_explanation, context.getString(R.string.choose_explanation, siteWords(rpId)))
            val list = requireViewById<ViewGroup>(R.id.choose_accounts)
            accounts.forEachIndexed { index, account ->
                val row = LayoutInflater.from(context).inflate(R.layout.choose_account, list, false)
                row.describe(account)
                row.setOnClickListener { answer.complete(index.toUInt()) }
                list.addView(row)
            }
            on(R.id.question_cancel) { decline(answer) }
        },
    )

    override suspend fun inform(rpId: String, message: Message): Unit = ask(
        when (message) {
            Message.ALREADY_REGISTERED -> notice(rpId, Reason.ALREADY_REGISTERED)
            Message.NO_PASSKEY -> notice(rpId, Reason.NO_PASSKEY)
            Message.INVALIDATED -> notice(rpId, Reason.KEY_INVALIDATED)
            Message.SELECTED -> selection(rpId)
        },
    )

    /** Says why nothing will come of this. Going back is having seen it. */
    private fun notice(rpId: String, reason: Reason) =
        Question<Unit>(R.layout.message, { it.complete(Unit) }) { answer ->
            put(R.id.message_heading, context.getString(reason.title))
            put(R.id.message_text, context.getString(reason.remedy))
            put(R.id.message_site, siteWords(rpId))
            put(R.id.message_confirm, context.getString(R.string.question_close))
            on(R.id.message_confirm) { answer.complete(Unit) }
            requireViewById<View>(R.id.question_cancel).visibility = View.GONE
        }

    /** Asks whether this is the phone that is meant. Going back is no. */
    private fun selection(rpId: String) = Question(R.layout.message, ::decline) { answer ->
        put(R.id.message_heading, context.getString(R.string.message_selected))
        put(R.id.message_text, context.getString(R.string.message_selected_remedy))
        put(R.id.message_site, siteWords(rpId))
        put(R.id.message_confirm, context.getString(R.string.message_selected_confirm))
        on(R.id.message_confirm) { answer.complete(Unit) }
        on(R.id.question_cancel) { decline(answer) }
    }

    /**
     * The core waits for ever for an answer that is neither a value nor a [UserFailure], so nothing else gets
     * out, not even an Error. Only the cancellation of the waiting coroutine itself passes.
     */
    @Suppress("TooGenericExceptionCaught")
    private suspend fun <T : Any> ask(question: Question<T>): T = try {
        withContext(Dispatchers.Main.immediate) { question.askIn(activity) }
    } catch (failure: UserFailure) {
        throw failure
    } catch (_: CancellationException) {
        currentCoroutineContext().ensureActive()
        throw UserFailure.Cancelled()
    } catch (failure: Throwable) {
        // The class alone: a message may quote what was on the screen.
        throw UserFailure.Unexpected(failure.javaClass.name)
    }

    private class ConsentWords(
        @get:StringRes val heading: Int,
        @get:StringRes val explanation: Int,
        @get:StringRes val confirm: Int,
    ) {
        companion object {
            fun of(purpose: Use) = when (purpose) {
                Use.REGISTER -> ConsentWords(
                    R.string.consent_register_heading,
                    R.string.consent_register_explanation,
                    R.string.consent_register,
                )
                Use.SIGN_IN -> ConsentWords(
                    R.string.consent_sign_in_heading,
                    R.string.consent_sign_in_explanation,
                    R.string.consent_sign_in,
                )
            }
        }
    }
}

private fun decline(answer: CompletableDeferred<*>) {
    answer.completeExceptionally(UserFailure.Declined())
}

private fun View.describe(account: Choice) {
    val name = nameWords(account.name)
    val displayName = nameWords(account.displayName)
    put(R.id.choose_account_name, displayName.ifEmpty { name })
    // Not the same words twice.
    put(R.id.choose_account_detail, if (displayName.isEmpty() || displayName == name) "" else name)
    put(R.id.choose_account_last_used, context.lastUsedWords(account.lastUsed))
}
