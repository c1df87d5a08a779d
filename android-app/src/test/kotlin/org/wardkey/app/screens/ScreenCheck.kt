package org.wardkey.app.screens

import android.graphics.Rect
import android.view.View
import android.view.ViewGroup
import android.widget.HorizontalScrollView
import android.widget.ScrollView
import android.widget.TextView
import kotlin.math.ceil

/** What a user of large text, TalkBack or imprecise fingers would trip over, found in a laid-out screen. */
internal object ScreenCheck {
    /** Characters. What others bring can be longer than any line of a phone, and has to be broken then. */
    private const val LONGEST_WORD = 40
    private const val ZERO_WIDTH_SPACE = '\u200B'
    private const val TOUCH_TARGET_DP = 48

    /** Every fault of [screen] and the views in it, in words; empty if it is sound. */
    fun faultsOf(screen: View): List<String> = visibleViews(screen).flatMap { view ->
        listOfNotNull(
            (view as? TextView)?.let(::textFault),
            touchFault(view),
            labelFault(view),
            edgeFault(view),
        ).map { "${nameOf(view)} $it" }
    }.toList()

    private fun visibleViews(view: View): Sequence<View> = sequence {
        if (view.visibility != View.VISIBLE) return@sequence
        yield(view)
        val children = (view as? ViewGroup)?.let { group -> List(group.childCount, group::getChildAt) }
        children?.forEach { yieldAll(visibleViews(it)) }
    }

    /** Text that is cut off, shortened with an ellipsis, or broken in the middle of a word. */
    private fun textFault(view: TextView): String? {
        if (view.text.isEmpty()) return null
        val layout = view.layout ?: return "has text but was not laid out"
        val width = view.width - view.totalPaddingLeft - view.totalPaddingRight
        val height = view.height - view.totalPaddingTop - view.totalPaddingBottom
        val lines = 0 until layout.lineCount
        return when {
            lines.any { layout.getEllipsisCount(it) > 0 } -> "shortens its text with an ellipsis"
            layout.getLineEnd(layout.lineCount - 1) < layout.text.length -> "leaves out the end of its text"
            layout.height > height -> "needs ${layout.height} px for its text and has $height"
            lines.any { ceil(layout.getLineMax(it)) > width } -> "has a line wider than its $width px"
            lines.any { breaksWord(layout.text, layout.getLineEnd(it)) } -> "breaks a word in the middle"
            else -> null
        }
    }

    private fun breaksWord(text: CharSequence, end: Int): Boolean =
        end in 1 until text.length && text[end - 1].isLetter() && text[end].isLetter() &&
            wordAround(text, end) <= LONGEST_WORD

    /** Characters between the places before and after [position] where a line may be broken. */
    private fun wordAround(text: CharSequence, position: Int): Int {
        val before = text.take(position).takeLastWhile { !it.mayBreak() }.length
        return before + text.drop(position).takeWhile { !it.mayBreak() }.length
    }

    private fun Char.mayBreak() = isWhitespace() || this == ZERO_WIDTH_SPACE

    private fun touchFault(view: View): String? {
        if (!view.isClickable) return null
        val needed = TOUCH_TARGET_DP * view.resources.displayMetrics.density
        if (view.width >= needed && view.height >= needed) return null
        return "is ${view.width}×${view.height} px, smaller than a touch target of ${needed.toInt()} px"
    }

    /** Something to tap must have words that TalkBack can say: its own, or those of what it holds. */
    private fun labelFault(view: View): String? {
        if (!view.isClickable) return null
        val speaks = visibleViews(view).any {
            !it.contentDescription.isNullOrBlank() || !(it as? TextView)?.text.isNullOrBlank()
        }
        return if (speaks) null else "can be tapped but has no words for TalkBack"
    }

    /** A view that its parent cuts off, unless the user can scroll to the rest. */
    private fun edgeFault(view: View): String? {
        val parent = view.parent as? ViewGroup ?: return null
        if (parent is ScrollView || parent is HorizontalScrollView) return null
        val within = Rect(0, 0, parent.width, parent.height)
        val own = Rect(view.left, view.top, view.right, view.bottom)
        if (own.isEmpty || within.contains(own)) return null
        return "reaches beyond its parent: $own is not within $within"
    }

    private fun nameOf(view: View): String {
        val type = view.javaClass.simpleName
        val id = if (view.id > 0) view.resources.getResourceEntryName(view.id) else "without an id"
        val text = (view as? TextView)?.text?.takeIf { it.isNotEmpty() }?.let { " “$it”" }.orEmpty()
        return "$type $id$text"
    }
}
